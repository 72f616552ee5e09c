"""A desk whose database lies in its data folder, as under `invekto up`; its firms are made without a process for each."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from invekto.accounts.service import create_tenant, create_user
from invekto.channels.registry import build_desks, operator_urls
from invekto.channels.service import connect_channel, save_platform_app
from invekto.channels.whatsapp_cloud.connect import credentials_of
from invekto.entry import migrate
from invekto.entry.postgres import EmbeddedPostgres
from invekto.entry.revisions import connect
from invekto.entry.roles import APP, OWNER
from invekto.kernel.crypto import KeyRing
from invekto.kernel.db import Database, DatabaseOptions
from invekto.kernel.http import Http
from invekto.kernel.ids import uuid7
from invekto.kernel.settings import Settings
from invekto.kernel.tx import SYSTEM
from tests.desk import PASSWORD, ROOT, START_S, Desk

T = TypeVar("T")
KIND = "whatsapp_cloud"


class OwnFolder(Desk):
    def __post_init__(self) -> None:
        super().__post_init__()
        # The server is started before any command that would make it, and without its key none would run.
        (self.data / "secret.key").write_bytes(base64.b64encode(os.urandom(32)) + b"\n")
        self.postgres = EmbeddedPostgres(self.data / "postgres", configuration={"shared_buffers": "64MB"})

    def env(self, **more: str) -> dict[str, str]:
        found = super().env(**more)
        for name in ("DATABASE_URL", "INVEKTO_ADMIN_DATABASE_URL"):
            if name not in more:
                del found[name]
        return found

    def start(self, *, worker: bool = True) -> OwnFolder:
        self.postgres.start()
        in_a_loop(migrate.upgrade(self.postgres.url(OWNER)))
        self.start_sandbox()
        self.make_firms()
        self.start_web()
        if worker:
            self.start_worker()
        return self

    def refuses(self, *words: str, **env: str) -> str:
        """The sentence with which a command is refused."""
        done = self.ends(*words, **env)
        assert done.returncode == 2, f"{words}: {done.returncode} {done.stdout}{done.stderr}"
        return done.stderr

    def ends(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Runs one command to its end, whatever that is."""
        return subprocess.run(
            [sys.executable, "-m", "invekto.entry.cli", *words],
            env=self.env(**env),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
        )

    def make_firms(self) -> None:
        in_a_loop(self._make_firms())

    async def _make_firms(self) -> None:
        settings = Settings.load(self.env())
        keys, told = KeyRing(settings.secret_key), self.sandbox_info()
        db = await Database.open(DatabaseOptions(self.postgres.url(APP)), listen=False)
        owner = await connect(self.postgres.url(OWNER))
        http = Http(operator_urls=operator_urls(settings))
        try:
            await save_platform_app(
                owner,
                keys,
                kind=KIND,
                app_secret=told["app_secret"],
                verify_token=told["verify_token"],
                now=db.clock.now(),
            )
            for firm, number in zip(("demo", "demo2"), told["numbers"], strict=True):
                credentials = credentials_of(
                    access_token=number["access_token"],
                    phone_number_id=number["phone_number_id"],
                    waba_id=number["waba_id"],
                )
                account = await build_desks(settings, db.clock).by_kind(KIND).connect(http, credentials, {})
                async with db.tx(uuid7(), SYSTEM) as tx:
                    await create_tenant(tx, firm=firm, name=f"Firma {firm}")
                    for user in ("agent1", "agent2", "supervisor"):
                        role = "supervisor" if user == "supervisor" else "user"
                        await create_user(tx, username=user, name=user.title(), password=PASSWORD, role=role)  # type: ignore[arg-type]  # a literal in either case
                    await connect_channel(
                        tx,
                        keys,
                        kind=KIND,
                        provider="meta",
                        account_key=account.account_key,
                        name="WhatsApp",
                        address=number["display_phone_number"],
                        credentials=credentials,
                        parent_account_key=number["waba_id"],
                    )
        finally:
            await http.close()
            await owner.close()
            await db.close()


def in_a_loop(work: Coroutine[Any, Any, T]) -> T:
    """Runs it to its end, from inside a loop or not."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work)).result()
