"""The operator's settings, read once at the start of a process. A firm's own preferences are rows, not settings.

A bad value stops the start with one sentence that names the variable, the value and what to do; a secret's value is never named.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, Self, TypeAlias, cast
from urllib.parse import SplitResult, urlsplit

from invekto.kernel.secret_key import SECRET_KEY_BYTES, SettingsError, kept_key, write_key

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
LogFormat: TypeAlias = Literal["text", "json"]

_LOG_LEVELS: Final = ("debug", "info", "warning", "error")

# Everything an operator may set, with the sentence that `invekto up --help` shows; docs/operations.md says more.
VARIABLES: Final[Mapping[str, str]] = {
    "INVEKTO_HOST": "Address to listen on. Default 127.0.0.1.",
    "INVEKTO_PORT": "Port of the web client, the API and the webhooks. Default 8000.",
    "INVEKTO_SANDBOX_PORT": "Port of the sandbox that plays the providers. Default 8001.",
    "INVEKTO_DATA": "Folder of the embedded database, media and the secret key. Default ./.invekto.",
    "DATABASE_URL": "The application's login on a PostgreSQL 18 of yours. Default: the embedded server.",
    "INVEKTO_ADMIN_DATABASE_URL": "The schema owner's login there, for `migrate`, `up` and the platform's `app create`.",
    "INVEKTO_BUS_URL": "A NATS server that carries wake-ups between many processes. Default: the database itself.",
    "INVEKTO_DB_POOL": "Connections that each web process keeps for requests. Default 10.",
    "INVEKTO_PUBLIC_URL": "Where browsers and providers reach this server. Default http://127.0.0.1:PORT.",
    "INVEKTO_SECRET_KEY": "32 bytes in base64 that encrypt credentials. Default: made once, DATA/secret.key.",
    "INVEKTO_SECRET_KEY_FORMER": "Keys before the present one, with commas between: they open, `key rotate` seals anew. Default: none.",
    "INVEKTO_BACKUP_BEFORE_UPGRADE": "Whether the database is saved into DATA/backups before it is migrated: yes or no. Default yes.",
    "INVEKTO_WHATSAPP_CLOUD_URL": "Base of Meta's Graph API. Default https://graph.facebook.com/v26.0.",
    "INVEKTO_WHATSAPP_APP_ID": "Id of the platform's Meta app: with the next one people connect numbers by Meta's dialog.",
    "INVEKTO_WHATSAPP_CONFIG_ID": "Id of that app's Facebook Login for Business configuration. Default: none.",
    "INVEKTO_WHATSAPP_SIGNUP_URL": "Where that dialog is, if not at Facebook: the sandbox's. Default: none.",
    "INVEKTO_METRICS_TOKEN": "Bearer token for /metrics from elsewhere than loopback. Default: none.",
    "INVEKTO_WORKER_METRICS_PORT": "Port of this machine on which a worker shows its metrics. Default: none.",
    "INVEKTO_TRUSTED_PROXIES": "Networks whose X-Forwarded-For counts, with commas between. Default: none.",
    "INVEKTO_LOG": "Form of the log lines: text or json. Default text.",
    "INVEKTO_LOG_LEVEL": "debug, info, warning or error. Default info.",
    "INVEKTO_WEB_DIST": "Folder of a built web client to serve. Default: the one of this installation.",
}
# For the build and for fault tests: nothing that an operator sets.
_NOT_FOR_OPERATORS: Final = frozenset({"INVEKTO_SKIP_WEB", "INVEKTO_FAILPOINTS"})
_SUBJECT: Final = re.compile(r"[a-zA-Z0-9_-]{0,64}")
_FAILPOINT: Final = re.compile(r"[a-z_.]+(:[1-9]\d{0,6})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One process's settings. Secrets stay out of `repr`."""

    host: str = "127.0.0.1"
    port: int = 8000
    sandbox_port: int = 8001
    data: Path = Path(".invekto")
    database_url: str | None = field(default=None, repr=False)
    admin_database_url: str | None = field(default=None, repr=False)
    bus_url: str | None = field(default=None, repr=False)
    db_pool: int = 10
    public_url: str = "http://127.0.0.1:8000"
    secret_key: bytes = field(repr=False)
    former_keys: tuple[bytes, ...] = field(default=(), repr=False)
    backup_before_upgrade: bool = True
    whatsapp_cloud_url: str = "https://graph.facebook.com/v26.0"
    whatsapp_app_id: str | None = None
    whatsapp_config_id: str | None = None
    whatsapp_signup_url: str | None = None
    metrics_token: str | None = field(default=None, repr=False)
    worker_metrics_port: int | None = None
    trusted_proxies: tuple[Network, ...] = ()
    log_format: LogFormat = "text"
    log_level: str = "info"
    web_dist: Path | None = None
    failpoints: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @classmethod
    def load(
        cls, environ: Mapping[str, str] | None = None, *, folder: Path | None = None, makes_key: bool = True
    ) -> Self:
        """Reads the settings from the process's environment, or from the one given; `folder` goes over INVEKTO_DATA.

        Makes `DATA/secret.key` when there is no key yet and nothing that one could have sealed.

        Raises:
            SettingsError: a value cannot be used, the key cannot be written, or it is missing and may not be made.
        """
        given = {name: value.strip() for name, value in (os.environ if environ is None else environ).items()}
        read = _Reader({name: value for name, value in given.items() if value})
        host = read.host("INVEKTO_HOST", "127.0.0.1")
        port = read.number("INVEKTO_PORT", 8000, 1, 65535)
        sandbox_port = read.number("INVEKTO_SANDBOX_PORT", 8001, 1, 65535)
        if port == sandbox_port:
            raise SettingsError(
                "INVEKTO_SANDBOX_PORT",
                f"INVEKTO_PORT and INVEKTO_SANDBOX_PORT are both {port}: give the sandbox a port of its own.",
            )
        data = read.folder("INVEKTO_DATA", Path(".invekto")) if folder is None else folder.expanduser().absolute()
        return cls(
            host=host,
            port=port,
            sandbox_port=sandbox_port,
            data=data,
            database_url=read.postgres("DATABASE_URL"),
            admin_database_url=read.postgres("INVEKTO_ADMIN_DATABASE_URL"),
            bus_url=read.bus("INVEKTO_BUS_URL"),
            db_pool=read.number("INVEKTO_DB_POOL", 10, 2, 200),
            public_url=read.origin("INVEKTO_PUBLIC_URL", f"http://127.0.0.1:{port}"),
            secret_key=read.key("INVEKTO_SECRET_KEY") or kept_key(data, makes_key),
            former_keys=read.keys("INVEKTO_SECRET_KEY_FORMER"),
            backup_before_upgrade=read.choice("INVEKTO_BACKUP_BEFORE_UPGRADE", "yes", ("yes", "no")) == "yes",
            whatsapp_cloud_url=read.base_url("INVEKTO_WHATSAPP_CLOUD_URL", "https://graph.facebook.com/v26.0"),
            whatsapp_app_id=read.digits("INVEKTO_WHATSAPP_APP_ID"),
            whatsapp_config_id=read.digits("INVEKTO_WHATSAPP_CONFIG_ID"),
            whatsapp_signup_url=read.optional_url("INVEKTO_WHATSAPP_SIGNUP_URL", "http://127.0.0.1:8001/signup"),
            metrics_token=read.token("INVEKTO_METRICS_TOKEN"),
            worker_metrics_port=read.port("INVEKTO_WORKER_METRICS_PORT", 9464),
            trusted_proxies=read.networks("INVEKTO_TRUSTED_PROXIES"),
            log_format=cast("LogFormat", read.choice("INVEKTO_LOG", "text", ("text", "json"))),
            log_level=read.choice("INVEKTO_LOG_LEVEL", "info", _LOG_LEVELS),
            web_dist=read.web_dist("INVEKTO_WEB_DIST"),
            failpoints=read.failpoints("INVEKTO_FAILPOINTS"),
            unknown=tuple(_unknown_names(given)),
        )

    def with_database(self, database_url: str, admin_database_url: str | None) -> Self:
        """The same settings on a database that was started here."""
        return replace(self, database_url=database_url, admin_database_url=admin_database_url)

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")

    def child_environment(self, **more: str) -> dict[str, str]:
        """The environment in which a child process loads these same settings."""
        child = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        values = {
            "INVEKTO_HOST": self.host,
            "INVEKTO_PORT": str(self.port),
            "INVEKTO_SANDBOX_PORT": str(self.sandbox_port),
            "INVEKTO_DATA": str(self.data),
            "DATABASE_URL": self.database_url,
            "INVEKTO_BUS_URL": self.bus_url,
            "INVEKTO_DB_POOL": str(self.db_pool),
            "INVEKTO_PUBLIC_URL": self.public_url,
            "INVEKTO_SECRET_KEY": base64.b64encode(self.secret_key).decode(),
            "INVEKTO_SECRET_KEY_FORMER": ",".join(base64.b64encode(key).decode() for key in self.former_keys),
            "INVEKTO_BACKUP_BEFORE_UPGRADE": "yes" if self.backup_before_upgrade else "no",
            "INVEKTO_WHATSAPP_CLOUD_URL": self.whatsapp_cloud_url,
            "INVEKTO_WHATSAPP_APP_ID": self.whatsapp_app_id,
            "INVEKTO_WHATSAPP_CONFIG_ID": self.whatsapp_config_id,
            "INVEKTO_WHATSAPP_SIGNUP_URL": self.whatsapp_signup_url,
            "INVEKTO_METRICS_TOKEN": self.metrics_token,
            "INVEKTO_WORKER_METRICS_PORT": str(self.worker_metrics_port or ""),
            "INVEKTO_TRUSTED_PROXIES": ",".join(map(str, self.trusted_proxies)),
            "INVEKTO_LOG": self.log_format,
            "INVEKTO_LOG_LEVEL": self.log_level,
            "INVEKTO_WEB_DIST": str(self.web_dist) if self.web_dist else None,
        }
        # The owner's login stays with the process that migrates.
        child.update({name: value for name, value in values.items() if value})
        child.update(more)
        return child


class _Reader:
    """Turns the text of one variable into a value, or into the sentence that says what is wrong with it."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    def _bad(self, variable: str, must: str) -> SettingsError:
        return SettingsError(variable, f"{variable} is {self._given[variable]!r}: it must be {must}.")

    def number(self, variable: str, default: int, lowest: int, highest: int) -> int:
        text = self._given.get(variable)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit()) or not lowest <= int(text) <= highest:
            raise self._bad(variable, f"a whole number from {lowest} to {highest}, for example {default}")
        return int(text)

    def port(self, variable: str, example: int) -> int | None:
        return self.number(variable, example, 1, 65535) if variable in self._given else None

    def choice(self, variable: str, default: str, choices: tuple[str, ...]) -> str:
        text = self._given.get(variable, default).lower()
        if text not in choices:
            raise self._bad(variable, f"one of {', '.join(choices)}")
        return text

    def host(self, variable: str, default: str) -> str:
        text = self._given.get(variable, default)
        if text == "localhost":
            return "127.0.0.1"
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            raise self._bad(variable, "an IP address of this machine, for example 127.0.0.1 or 0.0.0.0") from None

    def folder(self, variable: str, default: Path) -> Path:
        path = Path(self._given.get(variable, default)).expanduser().absolute()
        existing = next((p for p in (path, *path.parents) if p.exists()), path)
        if not existing.is_dir():
            raise SettingsError(
                variable, f"{variable} is '{path}', but {existing} is a file: choose a folder that can be made."
            )
        return path

    def origin(self, variable: str, default: str) -> str:
        text = self._given.get(variable, default)
        url = _url(text)
        if url is None or url.path.strip("/") or url.query or url.fragment:
            raise self._bad(variable, "an address without a path, for example https://desk.example.com")
        return f"{url.scheme}://{url.netloc.lower()}"

    def base_url(self, variable: str, default: str) -> str:
        text = self._given.get(variable, default)
        url = _url(text)
        if url is None or url.query or url.fragment:
            raise self._bad(variable, f"the base of an API, for example {default}")
        return text.rstrip("/")

    def optional_url(self, variable: str, example: str) -> str | None:
        return self.base_url(variable, example) if variable in self._given else None

    def digits(self, variable: str) -> str | None:
        text = self._given.get(variable)
        if text is not None and not (text.isascii() and text.isdigit() and len(text) <= 32):
            raise self._bad(variable, "an id of Meta's, digits only, for example 1234567890")
        return text

    def postgres(self, variable: str) -> str | None:
        text = self._given.get(variable)
        if text is None:
            return None
        scheme, _, rest = text.partition("://")
        if scheme not in ("postgresql", "postgres") or not rest:
            # The value holds a password, so only the scheme is shown.
            raise SettingsError(
                variable,
                f"{variable} starts with {scheme[:20]!r}: it must look like postgresql://login:password@host:5432/invekto.",
            )
        return f"postgresql://{rest}"

    def bus(self, variable: str) -> str | None:
        text = self._given.get(variable)
        if text is None:
            return None
        parts = urlsplit(text)
        if parts.scheme not in ("nats", "tls") or not parts.hostname or not _SUBJECT.fullmatch(parts.path.strip("/")):
            # The value may hold a password, so only the scheme is shown.
            raise SettingsError(
                variable,
                f"{variable} starts with {parts.scheme[:20]!r}: it must look like nats://login:password@host:4222/desk1.",
            )
        return text

    def key(self, variable: str) -> bytes | None:
        text = self._given.get(variable)
        return None if text is None else self._key(variable, text)

    def keys(self, variable: str) -> tuple[bytes, ...]:
        parts = [part.strip() for part in self._given.get(variable, "").split(",")]
        return tuple(self._key(variable, part) for part in parts if part)

    @staticmethod
    def _key(variable: str, text: str) -> bytes:
        try:
            key = base64.b64decode(text, altchars=b"-_" if "-" in text or "_" in text else None, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != SECRET_KEY_BYTES:
            raise SettingsError(
                variable,
                f"{variable} is not 32 bytes in base64: make one with `openssl rand -base64 32`, "
                "and keep it with the backups.",
            )
        return key

    def token(self, variable: str) -> str | None:
        text = self._given.get(variable)
        if text is not None and len(text) < 16:
            raise SettingsError(variable, f"{variable} is shorter than 16 characters: choose a longer token.")
        return text

    def networks(self, variable: str) -> tuple[Network, ...]:
        parts = [part.strip() for part in self._given.get(variable, "").split(",")]
        try:
            return tuple(ipaddress.ip_network(part, strict=False) for part in parts if part)
        except ValueError:
            raise self._bad(variable, "addresses or networks with commas between, for example 10.0.0.0/8") from None

    def failpoints(self, variable: str) -> tuple[str, ...]:
        names = tuple(part.strip() for part in self._given.get(variable, "").split(",") if part.strip())
        if not all(_FAILPOINT.fullmatch(name) for name in names):
            raise self._bad(variable, "names of failpoints with commas between, each with or without a :count")
        return names

    def web_dist(self, variable: str) -> Path | None:
        text = self._given.get(variable)
        if text is None:
            return None
        path = Path(text).expanduser().absolute()
        if not (path / "index.html").is_file():
            raise self._bad(variable, "a folder with the built client, but there is no index.html in it")
        return path


def _url(text: str) -> SplitResult | None:
    """The parts of an http(s) address that has a host and carries no login; None for anything else."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises beyond 65535
    except ValueError:
        return None
    fits = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
    return parts if fits else None


def _unknown_names(given: Mapping[str, str]) -> list[str]:
    """Names that look like ours and are none, each with the likely one: a typing error is not silently ignored."""
    unknown = []
    for name in sorted(given):
        if name.startswith("INVEKTO_") and name not in VARIABLES and name not in _NOT_FOR_OPERATORS:
            near = difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0.75)
            if near:
                unknown.append(f"{name} is not a setting; {near[0]} is.")
    return unknown


def keep_key(folder: Path | None, text: bytes, environ: Mapping[str, str] | None = None) -> None:
    """Puts a backup's key into the data folder, unless one is there or the environment gives one: that is the operator's word."""
    given = os.environ if environ is None else environ
    if given.get("INVEKTO_SECRET_KEY", "").strip():
        return
    data = folder or _Reader({name: value for name, value in given.items() if value.strip()}).folder(
        "INVEKTO_DATA", Path(".invekto")
    )
    write_key(data.expanduser().absolute() / "secret.key", text)


__all__ = ["SECRET_KEY_BYTES", "VARIABLES", "LogFormat", "Network", "Settings", "SettingsError", "keep_key"]
