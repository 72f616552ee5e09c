"""Where a number's webhooks go: the number's own address, else its account's, else the app's; and the handshake."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Any
from urllib.parse import urlencode

from invekto_sandbox.core import Core
from invekto_sandbox.eventlog import without_secrets
from invekto_sandbox.whatsapp_cloud.accounts import Accounts, Number
from invekto_sandbox.whatsapp_cloud.errors import GraphError
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.wire import WireError

_FAILURE_KEPT_S = 0.25  # many webhooks for a dead address share one handshake


class Subscriptions:
    """Accounts are subscribed from the start, as a business is after its sign-up; DELETE ends that."""

    def __init__(self, core: Core, accounts: Accounts) -> None:
        self._core = core
        self._store = core.store
        self._accounts = accounts
        self._greeted: set[str] = set(core.store.setting("wa.greeted", []))
        self._failed: dict[str, tuple[float, str]] = {}
        self._greeting = asyncio.Lock()
        if core.settings.webhook_url is not None:
            core.store.keep_setting("wa.callback", {"url": core.settings.webhook_url, "verify_token": None})
        self.handshake = True

    # the app's address

    @property
    def app_url(self) -> str | None:
        url: str | None = self._store.setting("wa.callback", {}).get("url")
        return url

    def set_app_url(self, url: str | None, verify_token: str | None = None) -> None:
        """Without a handshake: one is made before the first webhook."""
        self._store.keep_setting("wa.callback", {"url": url, "verify_token": verify_token})
        if url is not None:
            self._forget_greeting(url)

    async def subscribe_app(self, url: str, verify_token: str) -> None:
        """Raises GraphError 2200 when the address does not pass the handshake."""
        await self._verify(url, verify_token)
        self._store.keep_setting("wa.callback", {"url": url, "verify_token": verify_token})

    # addresses of accounts and numbers

    async def subscribe(self, object_id: str, url: str | None, verify_token: str | None) -> None:
        """A WABA's or a number's own address; `url` None means the app's again."""
        if url is not None:
            await self._verify(url, verify_token or "")
        self._store.run("insert or replace into wa_subscription values (?, 1, ?, ?)", object_id, url, verify_token)

    def unsubscribe(self, waba_id: str) -> None:
        self._store.run("insert or replace into wa_subscription values (?, 0, null, null)", waba_id)

    def override(self, object_id: str) -> str | None:
        row = self._store.one("select callback_url from wa_subscription where object_id = ?", object_id)
        return None if row is None else row["callback_url"]

    def subscribed(self, waba_id: str) -> bool:
        row = self._store.one("select subscribed from wa_subscription where object_id = ?", waba_id)
        return row is None or bool(row["subscribed"])

    def url_for(self, number: Number) -> str | None:
        """None when nobody wants this number's webhooks."""
        if not self.subscribed(number.waba_id):
            return None
        return self.override(number.phone_number_id) or self.override(number.waba_id) or self.app_url

    def listing(self, waba_id: str) -> Json:
        if not self.subscribed(waba_id):
            return {"data": []}
        app: Json = {
            "whatsapp_business_api_data": {
                "id": self._accounts.app_id,
                "link": "https://www.facebook.com/games/?app_id=" + self._accounts.app_id,
                "name": "Invekto sandbox",
            }
        }
        override = self.override(waba_id)
        if override is not None:
            app["override_callback_uri"] = override
        return {"data": [app]}

    # handshake

    async def greet(self, url: str) -> str | None:
        """Once per address, before its first webhook. Gives why the address cannot be used, or None."""
        if not self.handshake or url in self._greeted:
            return None
        async with self._greeting:
            if url in self._greeted:
                return None
            failed = self._failed.get(url)
            if failed is not None and time.monotonic() - failed[0] < _FAILURE_KEPT_S:
                return failed[1]
            try:
                await self._verify(url, self._token_for(url))
            except GraphError as error:
                reason = f"handshake: {error.details}"
                self._failed[url] = (time.monotonic(), reason)
                return reason
        return None

    def _token_for(self, url: str) -> str:
        row = self._store.one("select verify_token from wa_subscription where callback_url = ?", url)
        if row is not None and row["verify_token"]:
            return str(row["verify_token"])
        callback: dict[str, Any] = self._store.setting("wa.callback", {})
        return (callback.get("verify_token") if callback.get("url") == url else None) or self._accounts.verify_token

    async def _verify(self, url: str, verify_token: str) -> None:
        challenge = str(secrets.randbelow(9 * 10**9) + 10**9)
        query = urlencode({"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token})
        asked = f"{url}{'&' if '?' in url else '?'}{query}"
        began = time.perf_counter()
        problem: str | None = None
        status: int | None = None
        body = b""
        try:
            answer = await self._core.wire.request("GET", asked, timeout_s=10)
        except WireError as error:
            problem = f"the address could not be reached: {error}"
        else:
            status, body = answer.status, answer.body
            if status != 200:
                problem = f"HTTP status {status}"
            elif body.strip() != challenge.encode():
                problem = "the answer is not the challenge"
        self._core.log.add(
            "webhook",
            provider="whatsapp_cloud",
            account="",
            label="handshake",
            about=url,
            status=status,
            ms=(time.perf_counter() - began) * 1000,
            note=problem,
            request=without_secrets(query).encode(),
            url=url,
            answer=body,
        )
        if problem is not None:
            raise GraphError(2200, problem)
        self._greeted.add(url)
        self._failed.pop(url, None)
        self._store.keep_setting("wa.greeted", sorted(self._greeted))

    def _forget_greeting(self, url: str) -> None:
        self._greeted.discard(url)
        self._failed.pop(url, None)
        self._store.keep_setting("wa.greeted", sorted(self._greeted))
