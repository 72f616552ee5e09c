"""`invekto doctor` against real processes: healthy, and with each hop broken in turn."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desk import ROOT, Desk, free_port

pytestmark = [pytest.mark.real_ports, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("doctor"))
    try:
        yield desk.start()
    finally:
        desk.stop()


def doctor(desk: Desk, *words: str, **env: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "invekto.entry.cli", "doctor", "--json", *words],
        env=desk.env(**env),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def broken(desk: Desk, **env: str) -> tuple[str, str]:
    """Hop and code of the first that is broken, which has an advice and the exit code."""
    code, said = doctor(desk, **env)
    assert code == 1, said
    assert said["broken"]["advice"], said["broken"]
    return said["broken"]["hop"], said["broken"]["code"]


def test_a_desk_that_works_is_called_healthy_hop_by_hop(desk: Desk) -> None:
    code, said = doctor(desk)
    assert (code, said["healthy"], said["broken"]) == (0, True, None), said
    hops = [one["hop"] for one in said["hops"]]
    assert hops[:8] == ["settings", "disk", "database", "migrations", "database_clock", "web", "secret_key", "webhook"]
    assert hops.count("token") == 2, "both firms' numbers"
    assert [one["hop"] for one in doctor(desk, "--firm", "demo")[1]["hops"]].count("token") == 1
    assert desk.rows("select 1 from quarantine") == [], "the question itself leaves nothing behind"


def test_a_firm_that_is_not_there_is_said(desk: Desk) -> None:
    assert doctor(desk, "--firm", "yok")[1]["broken"]["code"] == "firm_missing"


def test_settings_and_a_database_that_is_away_are_named(desk: Desk, tmp_path: Path) -> None:
    assert broken(desk, INVEKTO_PORT="80a") == ("settings", "settings_wrong")
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/x"
    assert broken(desk, DATABASE_URL=away) == ("database", "database_away")


def test_a_wrong_public_url_is_named(desk: Desk) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    assert broken(desk, INVEKTO_PUBLIC_URL=nowhere) == ("webhook", "webhook_unreachable")
    elsewhere = f"http://127.0.0.1:{desk.sandbox_port}"
    assert broken(desk, INVEKTO_PUBLIC_URL=elsewhere) == ("webhook", "webhook_not_ours")


def test_another_secret_key_is_named(desk: Desk) -> None:
    key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    assert broken(desk, INVEKTO_SECRET_KEY=key) == ("secret_key", "credentials_unreadable")


def test_a_stopped_web_process_and_a_stopped_worker_are_named(desk: Desk) -> None:
    desk.kill("worker")
    assert broken(desk) == ("ingest", "ingest_stopped")
    desk.start_worker()
    desk.kill("web")
    assert broken(desk) == ("web", "web_away")
    desk.start_web()


def test_what_meta_would_refuse_is_named(desk: Desk) -> None:
    keys = desk.sandbox_info()
    with desk.customer() as control:
        control.delete(f"/whatsapp_cloud/accounts/{keys['waba_id']}/subscription").raise_for_status()
        assert broken(desk) == ("subscription", "not_subscribed")
        control.put("/whatsapp_cloud/tokens", json={"state": "revoked"}).raise_for_status()
        assert broken(desk) == ("token", "channel_reconnect_needed")
        control.put("/whatsapp_cloud/tokens", json={"state": "good"}).raise_for_status()
    secrets = json.dumps({"app_secret": "another", "verify_token": keys["verify_token"]})
    desk.run("app", "create", "whatsapp_cloud", "--secrets-stdin", given=secrets)
    code, said = doctor(desk)
    assert code == 1
    assert ("app_secret", "app_secret_refused") in {(one["hop"], one["code"]) for one in said["hops"]}
