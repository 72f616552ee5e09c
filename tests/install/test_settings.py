"""Settings: what is taken when nothing is set, and the one sentence for each value that cannot be used."""

from __future__ import annotations

import base64
import threading
from pathlib import Path

import pytest

from invekto.kernel.settings import VARIABLES, Settings, SettingsError, keep_key

KEY, OTHER_KEY = (base64.b64encode(bytes([number] * 32)).decode() for number in (1, 2))

PASSWORD_URL = "mysql://app:hunter2@db/invekto"


@pytest.fixture
def empty(tmp_path: Path) -> dict[str, str]:
    return {"INVEKTO_DATA": str(tmp_path / "data")}


def test_without_any_variable_the_desk_runs_on_this_machine_only(empty: dict[str, str]) -> None:
    settings = Settings.load(empty)
    assert (settings.host, settings.port, settings.sandbox_port) == ("127.0.0.1", 8000, 8001)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.whatsapp_cloud_url == "https://graph.facebook.com/v26.0"
    assert settings.database_url is None
    assert not settings.secure_cookies


def test_an_empty_variable_counts_as_unset(empty: dict[str, str]) -> None:
    assert Settings.load({**empty, "INVEKTO_PORT": "", "DATABASE_URL": " "}).port == 8000


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        (
            "INVEKTO_PORT",
            "80x0",
            "INVEKTO_PORT is '80x0': it must be a whole number from 1 to 65535, for example 8000.",
        ),
        ("INVEKTO_PORT", "0", "INVEKTO_PORT is '0'"),
        ("INVEKTO_PORT", "٨٠٠٠", "INVEKTO_PORT is '٨٠٠٠'"),
        ("INVEKTO_SANDBOX_PORT", "8000", "INVEKTO_PORT and INVEKTO_SANDBOX_PORT are both 8000"),
        ("INVEKTO_HOST", "desk.example.com", "it must be an IP address of this machine"),
        ("INVEKTO_PUBLIC_URL", "desk.example.com", "it must be an address without a path"),
        ("INVEKTO_PUBLIC_URL", "https://desk.example.com/inbox", "it must be an address without a path"),
        ("INVEKTO_PUBLIC_URL", "https://desk.example.com:99999", "it must be an address without a path"),
        ("INVEKTO_WHATSAPP_CLOUD_URL", "graph.facebook.com", "it must be the base of an API"),
        ("INVEKTO_LOG", "xml", "INVEKTO_LOG is 'xml': it must be one of text, json."),
        ("INVEKTO_LOG_LEVEL", "loud", "it must be one of debug, info, warning, error"),
        ("INVEKTO_TRUSTED_PROXIES", "10.0.0.0/99", "it must be addresses or networks with commas between"),
        ("INVEKTO_DB_POOL", "1", "it must be a whole number from 2 to 200"),
        ("INVEKTO_WORKER_METRICS_PORT", "off", "it must be a whole number from 1 to 65535, for example 9464"),
        ("INVEKTO_WEB_DIST", "/nowhere", "there is no index.html in it"),
        ("INVEKTO_DATA", "/etc/hostname/data", "but /etc/hostname is a file"),
    ],
)
def test_a_bad_value_is_named_together_with_what_to_do(
    empty: dict[str, str], variable: str, value: str, sentence: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load({**empty, variable: value})
    assert refused.value.variable == variable
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", PASSWORD_URL),
        ("INVEKTO_ADMIN_DATABASE_URL", PASSWORD_URL),
        ("INVEKTO_SECRET_KEY", "hunter2"),
        ("INVEKTO_METRICS_TOKEN", "hunter2"),
    ],
)
def test_a_secret_is_never_shown_whatever_is_wrong_with_it(empty: dict[str, str], variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load({**empty, variable: value})
    assert variable in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_secrets_stay_out_of_what_is_printed(empty: dict[str, str]) -> None:
    key = base64.b64encode(b"k" * 32).decode()
    settings = Settings.load({**empty, "DATABASE_URL": "postgresql://a:hunter2@db/x", "INVEKTO_SECRET_KEY": key})
    assert "hunter2" not in repr(settings)
    assert "kkkk" not in repr(settings)


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(empty: dict[str, str], tmp_path: Path) -> None:
    first = Settings.load(empty).secret_key
    assert Settings.load(empty).secret_key == first
    assert len(first) == 32
    assert (tmp_path / "data/secret.key").stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in (tmp_path / "data").iterdir()] == ["secret.key"]


def test_processes_that_start_together_agree_on_one_secret_key(empty: dict[str, str]) -> None:
    keys: list[bytes] = []
    start = threading.Barrier(8)

    def load() -> None:
        start.wait()
        keys.append(Settings.load(empty).secret_key)

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_a_damaged_secret_key_stops_the_start_instead_of_being_replaced(empty: dict[str, str], tmp_path: Path) -> None:
    Settings.load(empty)
    (tmp_path / "data/secret.key").write_text("c2hvcnQ=\n")
    with pytest.raises(SettingsError, match="is damaged: put the file back from a backup"):
        Settings.load(empty)
    assert (tmp_path / "data/secret.key").read_text() == "c2hvcnQ=\n"


def test_a_missing_key_beside_a_database_is_never_made_anew(empty: dict[str, str], tmp_path: Path) -> None:
    """A new one would open nothing of what is stored, and every number would have to be connected again."""
    key = Settings.load(empty).secret_key
    path = tmp_path / "data/secret.key"
    kept = path.rename(tmp_path / "kept.key")
    (tmp_path / "data/postgres/cluster").mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"secret\.key is missing: put the file back"):
        Settings.load(empty)
    assert not path.exists()
    kept.rename(path)
    assert Settings.load(empty).secret_key == key


def test_the_key_of_a_backup_is_kept_unless_there_is_one(empty: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "new/secret.key"
    with pytest.raises(SettingsError, match="is missing"):
        Settings.load(empty, folder=tmp_path / "new", makes_key=False)
    keep_key(tmp_path / "new", KEY.encode(), {**empty, "INVEKTO_SECRET_KEY": KEY})
    assert not path.exists()
    keep_key(tmp_path / "new", KEY.encode(), empty)
    assert Settings.load(empty, folder=tmp_path / "new", makes_key=False).secret_key == base64.b64decode(KEY)
    keep_key(tmp_path / "new", OTHER_KEY.encode(), empty)
    assert path.read_text() == KEY
    assert path.stat().st_mode & 0o777 == 0o600


def test_former_keys_are_read_and_a_bad_one_is_not_shown(empty: dict[str, str]) -> None:
    settings = Settings.load({**empty, "INVEKTO_SECRET_KEY_FORMER": f"{KEY}, {OTHER_KEY}"})
    assert settings.former_keys == (base64.b64decode(KEY), base64.b64decode(OTHER_KEY))
    with pytest.raises(SettingsError) as refused:
        Settings.load({**empty, "INVEKTO_SECRET_KEY_FORMER": f"{KEY},c2VjcmV0"})
    assert "c2VjcmV0" not in str(refused.value)


def test_a_misspelt_name_is_pointed_out(empty: dict[str, str]) -> None:
    settings = Settings.load({**empty, "INVEKTO_PUBLC_URL": "https://desk.example.com", "INVEKTO_E2E_SEED": "1"})
    assert settings.unknown == ("INVEKTO_PUBLC_URL is not a setting; INVEKTO_PUBLIC_URL is.",)


def test_a_child_process_loads_the_same_settings_without_the_owners_login(
    empty: dict[str, str], tmp_path: Path
) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "index.html").touch()
    parent = Settings.load(
        {
            **empty,
            "INVEKTO_HOST": "0.0.0.0",
            "INVEKTO_PORT": "18123",
            "INVEKTO_SANDBOX_PORT": "18124",
            "DATABASE_URL": "postgres://app:secret@db/invekto",
            "INVEKTO_ADMIN_DATABASE_URL": "postgresql://owner:secret@db/invekto",
            "INVEKTO_DB_POOL": "7",
            "INVEKTO_PUBLIC_URL": "https://Desk.example.com/",
            "INVEKTO_WHATSAPP_CLOUD_URL": "http://127.0.0.1:18124/v26.0/",
            "INVEKTO_WHATSAPP_APP_ID": "1234567890",
            "INVEKTO_WHATSAPP_CONFIG_ID": "987",
            "INVEKTO_WHATSAPP_SIGNUP_URL": "http://127.0.0.1:18124/signup",
            "INVEKTO_BUS_URL": "nats://bus:4222/desk1",
            "INVEKTO_SECRET_KEY_FORMER": KEY,
            "INVEKTO_BACKUP_BEFORE_UPGRADE": "no",
            "INVEKTO_METRICS_TOKEN": "0123456789abcdef",
            "INVEKTO_WORKER_METRICS_PORT": "9464",
            "INVEKTO_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
            "INVEKTO_LOG": "json",
            "INVEKTO_LOG_LEVEL": "debug",
            "INVEKTO_WEB_DIST": str(dist),
        }
    )
    environment = parent.child_environment()
    child = Settings.load(environment)
    assert child == parent.with_database("postgresql://app:secret@db/invekto", None)
    assert child.public_url == "https://desk.example.com"
    assert set(VARIABLES) - set(environment) == {"INVEKTO_ADMIN_DATABASE_URL"}
