"""Puts the parts of WhatsApp Cloud together, and is its face to the webhook queue and to the phone pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from invekto_sandbox.core import Core
from invekto_sandbox.keys import Keys
from invekto_sandbox.live import Phone
from invekto_sandbox.posting import Outcome, Webhook
from invekto_sandbox.store import Row
from invekto_sandbox.whatsapp_cloud import payloads
from invekto_sandbox.whatsapp_cloud.accounts import KIND, Accounts
from invekto_sandbox.whatsapp_cloud.inbound import Inbound
from invekto_sandbox.whatsapp_cloud.media import MediaShelf
from invekto_sandbox.whatsapp_cloud.onboarding import Onboarding
from invekto_sandbox.whatsapp_cloud.people import SAMPLES, People
from invekto_sandbox.whatsapp_cloud.progress import Progress
from invekto_sandbox.whatsapp_cloud.sending import Sending
from invekto_sandbox.whatsapp_cloud.subscriptions import Subscriptions
from invekto_sandbox.whatsapp_cloud.templates import Templates
from invekto_sandbox.whatsapp_cloud.threads import Threads


class WhatsAppCloud:
    def __init__(self, core: Core, keys: Keys) -> None:
        settings = core.settings
        self.core = core
        self.accounts = Accounts(settings.folder, keys)
        self.onboarding = Onboarding(core, self.accounts)
        self.subscriptions = Subscriptions(core, self.accounts)
        self.people = People(core.store, self.accounts, settings.strangers)
        self.threads = Threads(core.store)
        self.media = MediaShelf(
            core.store, self.accounts, settings.folder / "media", settings.base_url, settings.media_url_s
        )
        self.progress = Progress(core, self.accounts, self.people, self.threads, self.media, self.subscriptions)
        self.templates = Templates(core, self.accounts, self.subscriptions)
        self.sending = Sending(
            core, self.accounts, self.people, self.threads, self.media, self.progress, self.templates
        )
        self.inbound = Inbound(core, self.people, self.threads, self.media, self.subscriptions)
        core.dispatcher.senders[KIND] = self
        if settings.samples and core.store.number("select count(*) from wa_customer") == 0:
            self.add_samples()

    def resume(self) -> None:
        self.progress.resume()
        self.templates.resume()

    def add_samples(self) -> None:
        """Some people to play with: idempotent by number or username."""
        with self.core.store.tx():
            for wish in SAMPLES:
                known = self.core.store.one(
                    "select id from wa_customer where (username is not null and username = ?) or phone = ?",
                    wish.get("username"),
                    wish.get("phone"),
                )
                if known is None:
                    self.people.create(wish)

    def reset(self) -> None:
        """Everything but the keys, the numbers and where webhooks go."""
        self.progress.stop()
        with self.core.store.tx():
            for table in ("wa_message", "wa_thread", "wa_user_id", "wa_customer"):
                self.core.store.run(f"delete from {table}")  # noqa: S608 fixed names
            self.media.clear()
            self.templates.clear()

    # the webhook queue asks

    def headers(self, body: bytes, *, forged: bool) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "Accept": "*/*",
            "X-Hub-Signature-256": self.accounts.sign(body, forged=forged),
        }

    def packed(self, bodies: Sequence[bytes]) -> bytes:
        return payloads.packed(bodies)

    async def greet(self, url: str) -> str | None:
        return await self.subscriptions.greet(url)

    def settled(self, webhook: Webhook, outcome: Outcome) -> None:
        if not outcome.delivered:
            return
        for event in webhook.events:
            if event["type"] == "message":
                row = self.threads.delivered_to_business(event["id"])
                if row is not None:
                    self.core.hub.changed((row["number_id"], row["customer_id"]), row["seq"])

    # the phone pages ask

    def rows(self, account: str, customer_ids: Sequence[int]) -> list[dict[str, Any]]:
        number = self.accounts.numbers.get(account)
        return [] if number is None else self.people.rows(number, customer_ids)

    def messages(self, phone: Phone, seqs: Sequence[int]) -> list[dict[str, Any]]:
        return [self.shown(row) for row in self.threads.by_seq(*phone, seqs)]

    def opened(self, phone: Phone) -> None:
        self.progress.opened(*phone)

    def seen(self, phone: Phone) -> None:
        self.progress.seen(*phone)
        if self.people.clear_unread(*phone):
            self.core.hub.changed(phone)

    def left(self, phone: Phone) -> None:
        self.progress.left(*phone)

    # shared by both doors

    def shown(self, row: Row) -> dict[str, Any]:
        media = self.media.find(row["media_id"]) if row["media_id"] else None
        return self.threads.shown(row, media)

    def sent_to_us(self, row: Row) -> dict[str, Any]:
        """A business message with the request as it came, for tests."""
        return self.shown(row) | {
            "number": row["number_id"],
            "customer": row["customer_id"],
            "request": json.loads(row["request"] or "null"),
        }
