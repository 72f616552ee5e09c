"""An operator's words, in the order in which README.md connects a number; each in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from invekto.accounts.sign_in import Caller, sign_in
from invekto.kernel.db import Database
from invekto.kernel.errors import Unauthenticated
from invekto.kernel.settings import VARIABLES
from invekto_sandbox import Delays, Sandbox, Settings, serving
from tests.rest import stored


@dataclass
class Operator:
    """Somebody at a terminal of the machine. `keys` are what they copied from Meta's pages."""

    env: dict[str, str] = field(repr=False)
    keys: dict[str, Any] = field(repr=False)

    async def types(self, *words: str, stdin: str = "") -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "invekto.entry.cli",
            *words,
            env=self.env,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(stdin.encode())
        assert process.returncode is not None
        return process.returncode, out.decode().strip(), err.decode().strip()

    async def done(self, *words: str, stdin: str = "") -> str:
        code, out, err = await self.types(*words, stdin=stdin)
        assert code == 0, err
        return out

    async def refused(self, *words: str, stdin: str = "") -> str:
        """The one sentence."""
        code, out, err = await self.types(*words, stdin=stdin)
        assert (code, out, err.count("\n")) == (2, "", 0), err
        return err

    def number(self, firm: str = "mavera", **changes: str) -> list[str]:
        given = {"phone_number_id": self.keys["phone_number_id"], "waba_id": self.keys["waba_id"]} | changes
        words = ["channel", "connect", "whatsapp_cloud", "--firm", firm, "--token-stdin"]
        for name, value in given.items():
            words += [f"--{name.replace('_', '-')}", value]
        return words

    @property
    def secrets(self) -> str:
        return json.dumps({name: self.keys[name] for name in ("app_secret", "verify_token")})


@pytest.fixture(scope="module")
async def meta(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("meta"), port=0, delays=Delays(0, 0, 0))
    async with serving(settings) as sandbox:
        yield sandbox


@pytest.fixture
def operator(meta: Sandbox, database_url: str, owner_url: str, tmp_path: Path) -> Operator:
    kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    ours = {
        "INVEKTO_DATA": str(tmp_path),
        "INVEKTO_PUBLIC_URL": "https://desk.example.com",
        "INVEKTO_WHATSAPP_CLOUD_URL": f"{meta.base_url}/v26.0",
        "DATABASE_URL": database_url,
        "INVEKTO_ADMIN_DATABASE_URL": owner_url,
    }
    return Operator({**kept, **ours}, meta.info()["whatsapp_cloud"])


async def test_a_number_is_connected_word_by_word(operator: Operator) -> None:
    assert (await operator.done("tenant", "create", "mavera", "--name", "Mavera Klinik")).startswith("Firm mavera (")
    user = ["user", "create", "ayse", "--firm", "mavera", "--role", "supervisor", "--password-stdin"]
    assert (await operator.done(*user, stdin="uzun bir parola\n")).startswith("User ayse of mavera (")
    said = await operator.done("app", "create", "whatsapp_cloud", "--secrets-stdin", stdin=operator.secrets)
    assert said == "Webhook address: https://desk.example.com/hooks/whatsapp_cloud"
    said = await operator.done(*operator.number(), stdin=operator.keys["access_token"])
    assert said.endswith(f"of mavera: {operator.keys['numbers'][0]['display_phone_number']}")
    assert await operator.done("quarantine", "list") == "The quarantine is empty."


async def test_a_firms_own_app_has_an_address_of_its_own(operator: Operator) -> None:
    await operator.done("tenant", "create", "mavera")
    create = ["app", "create", "whatsapp_cloud", "--firm", "mavera", "--secrets-stdin"]
    app, address = (await operator.done(*create, stdin=operator.secrets)).splitlines()
    app_id = app.removeprefix("App ")
    assert address == f"Webhook address: https://desk.example.com/hooks/whatsapp_cloud/{app_id}"
    await operator.done(*operator.number(app=app_id), stdin=operator.keys["access_token"])


async def test_a_number_without_an_app_says_which_word_comes_first(operator: Operator) -> None:
    await operator.done("tenant", "create", "mavera")
    token = operator.keys["access_token"]
    assert await operator.refused(*operator.number(), stdin=token) == (
        "invekto: There is no app yet that signs its webhooks: keep one with `invekto app create whatsapp_cloud`."
    )
    unknown = "00000000-0000-7000-8000-000000000000"
    said = await operator.refused(*operator.number(app=unknown), stdin=token)
    assert said.startswith(f"invekto: The firm has no app {unknown}: `invekto app create whatsapp_cloud --firm mavera`")


async def test_what_meta_refuses_is_one_sentence(operator: Operator) -> None:
    await operator.done("tenant", "create", "mavera")
    said = await operator.refused(*operator.number(), stdin="EAAwrong")
    assert said.startswith("invekto: Meta refuses the access token (")
    said = await operator.refused(*operator.number(phone_number_id="1"), stdin=operator.keys["access_token"])
    assert said.startswith("invekto: Meta did not confirm the number 1: ")
    assert said.endswith(".")
    assert not said.endswith("..")


async def test_a_firm_that_is_not_there_is_named(operator: Operator) -> None:
    said = await operator.refused("user", "create", "ayse", "--firm", "mavera", stdin="uzun bir parola")
    assert said == "invekto: There is no firm mavera: make it with `invekto tenant create`."


async def audited_of(superuser_url: str) -> list[str]:
    return [row["action"] for row in await stored(superuser_url, "select action from audit_entry")]


async def test_a_new_password_ends_what_was_signed_in_with_the_old_one(
    operator: Operator, db: Database, superuser_url: str
) -> None:
    await operator.done("tenant", "create", "mavera")
    await operator.done("user", "create", "ayse", "--firm", "mavera", "--password-stdin", stdin="uzun bir parola")
    caller = Caller(address="203.0.113.7", request_id="r")
    await sign_in(db, firm="mavera", username="ayse", password="uzun bir parola", caller=caller)
    word = ["user", "password", "Ayşe", "--firm", "mavera", "--password-stdin"]
    said = await operator.done(*word, stdin="yeni bir parola\n")
    assert said == "User Ayşe of mavera has a new password and is signed out everywhere."
    assert not await stored(superuser_url, "select 1 from session")
    with pytest.raises(Unauthenticated):
        await sign_in(db, firm="mavera", username="ayse", password="uzun bir parola", caller=caller)
    await sign_in(db, firm="mavera", username="ayse", password="yeni bir parola", caller=caller)
    assert {"user.password_changed", "session.ended"} <= set(await audited_of(superuser_url))
    said = await operator.refused(*word, stdin="kısa")
    assert "password: too_short" in said
    said = await operator.refused("user", "password", "ali", "--firm", "mavera", stdin="yeni bir parola")
    assert said == "invekto: The firm mavera has no user ali: make one with `invekto user create`."


async def test_a_user_is_let_in_no_more_and_again(operator: Operator, db: Database, superuser_url: str) -> None:
    await operator.done("tenant", "create", "mavera")
    await operator.done("user", "create", "ayse", "--firm", "mavera", "--password-stdin", stdin="uzun bir parola")
    caller = Caller(address="203.0.113.7", request_id="r")
    given = {"firm": "mavera", "username": "ayse", "password": "uzun bir parola"}
    await sign_in(db, **given, caller=caller)
    said = await operator.done("user", "disable", "ayse", "--firm", "mavera")
    assert said == "User ayse of mavera is signed out and cannot sign in."
    assert not await stored(superuser_url, "select 1 from session")
    with pytest.raises(Unauthenticated):
        await sign_in(db, **given, caller=caller)
    await operator.done("user", "enable", "ayse", "--firm", "mavera")
    await sign_in(db, **given, caller=caller)
    assert {"user.disabled", "user.enabled"} <= set(await audited_of(superuser_url))


async def test_a_team_is_made_with_its_members_or_not_at_all(operator: Operator, superuser_url: str) -> None:
    await operator.done("tenant", "create", "mavera")
    for name in ("ayse", "ali"):
        await operator.done("user", "create", name, "--firm", "mavera", "--password-stdin", stdin="uzun bir parola")
    word = ["team", "create", "Satış", "--firm", "mavera", "--member", "ayse"]
    said = await operator.refused(*word, "nobody")
    assert said.startswith("invekto: The firm mavera has no user nobody:")
    assert not await stored(superuser_url, "select 1 from team")
    assert (await operator.done(*word, "--member", "ali")).startswith("Team Satış of mavera (")
    assert len(await stored(superuser_url, "select 1 from team_member")) == 2
    assert (await audited_of(superuser_url)).count("team.member_added") == 2
    assert (await operator.refused(*word)).startswith("invekto: ")


async def test_a_number_is_disconnected_as_people_write_it(operator: Operator, superuser_url: str) -> None:
    await operator.done("tenant", "create", "mavera")
    await operator.done("app", "create", "whatsapp_cloud", "--secrets-stdin", stdin=operator.secrets)
    await operator.done(*operator.number(), stdin=operator.keys["access_token"])
    number = "".join(filter(str.isdecimal, operator.keys["numbers"][0]["display_phone_number"]))
    word = ["channel", "disconnect", f"+{number}", "--firm", "mavera"]
    assert (await operator.done(*word)).endswith(f"of mavera: +{number} is disconnected.")
    (row,) = await stored(superuser_url, "select status, credentials from channel")
    assert (row["status"], row["credentials"]) == ("reconnect_needed", b"")
    assert not await stored(superuser_url, "select 1 from channel_route")
    assert "channel.disconnected" in await audited_of(superuser_url)
    said = await operator.refused(*word)
    assert said == f"invekto: The firm mavera has no connected number +{number}: give the phone number id."


@pytest.mark.parametrize("word", ["up", "demo"])
async def test_help_lists_every_setting(operator: Operator, word: str) -> None:
    said = await operator.done(word, "--help")
    assert [line.strip() for line in said.splitlines() if line.strip() in VARIABLES] == list(VARIABLES)
