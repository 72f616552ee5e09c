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

from invekto.kernel.settings import VARIABLES
from invekto_sandbox import Delays, Sandbox, Settings, serving


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
        assert (code, out, err.count("\n")) == (1, "", 0), err
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


@pytest.mark.parametrize("word", ["up", "demo"])
async def test_help_lists_every_setting(operator: Operator, word: str) -> None:
    said = await operator.done(word, "--help")
    assert [line.strip() for line in said.splitlines() if line.strip() in VARIABLES] == list(VARIABLES)
