"""A customer writes: the message into the thread, the window open, the webhook out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from invekto_sandbox.core import Core
from invekto_sandbox.posting import Outcome, Webhook
from invekto_sandbox.store import Row
from invekto_sandbox.whatsapp_cloud import payloads
from invekto_sandbox.whatsapp_cloud.accounts import KIND, Number
from invekto_sandbox.whatsapp_cloud.media import MediaShelf
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.people import People
from invekto_sandbox.whatsapp_cloud.progress import lane_of
from invekto_sandbox.whatsapp_cloud.subscriptions import Subscriptions
from invekto_sandbox.whatsapp_cloud.threads import Threads, shown_text

MEDIA_TYPES = ("image", "video", "audio", "document", "sticker")
_SILENT = ("reaction", "system", "edit", "revoke")  # no bubble, no preview


@dataclass(frozen=True, slots=True)
class Written:
    """`firsts`: the outcome of each copy's first attempt; empty when nobody is subscribed and no webhook goes out."""

    wamid: str
    seq: int
    firsts: Sequence[asyncio.Future[Outcome]]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a customer is about to write. `body` holds `type` and its object, and any other keys to pass on.
    `age_s`: how long ago it was written."""

    body: Json
    wamid: str | None = None
    age_s: float | None = None
    media_id: str | None = None


class Inbound:
    def __init__(
        self, core: Core, people: People, threads: Threads, media: MediaShelf, subscriptions: Subscriptions
    ) -> None:
        self._core = core
        self._people = people
        self._threads = threads
        self._media = media
        self._subscriptions = subscriptions

    def media_draft(
        self,
        number: Number,
        kind: str,
        content: bytes,
        mime: str,
        *,
        filename: str | None,
        caption: str | None,
        voice: bool,
        context: str | None,
    ) -> Draft:
        """Stores a customer's file and gives the message that carries it."""
        row = self._media.put(content, mime, waba_id=number.waba_id, number_id=None, filename=filename, voice=voice)
        one = self._media.received(row, caption if kind in ("image", "video", "document") else None)
        if kind == "document":
            one["filename"] = filename or "dosya"
        if kind == "audio":
            one["voice"] = voice
        if kind == "sticker":
            one["animated"] = False
        return Draft(self.in_reply(number, {"type": kind, kind: one}, context), media_id=row["id"])

    def in_reply(self, number: Number, body: Json, context: str | None) -> Json:
        """Adds the quote of `context`, a message of this thread."""
        if context is None:
            return body
        quoted = self._threads.find(context)
        sender = number.digits
        if quoted is not None and quoted["direction"] == "customer":
            customer = self._people.find(quoted["customer_id"])
            sender = (customer or {}).get("phone") or sender
        return {"context": {"from": sender, "id": context}} | body

    def write(
        self,
        number: Number,
        customer: Json,
        drafts: Sequence[Draft],
        *,
        together: bool = False,
        lane: bool = True,
        copies: int = 1,
    ) -> list[Written]:
        """Stores the messages and queues their webhooks: one each, or one for all of them when `together`.
        `lane` False lets them overtake each other. `copies` of the same webhook go out at the same moment. Raises
        sqlite3.IntegrityError when a message id is taken."""
        with self._core.store.tx():
            entries = [(draft, *self._store_one(number, customer, draft)) for draft in drafts]
            user_id = self._people.user_id(number, customer)
            contact = payloads.contact(customer, user_id)
            groups = [entries] if together else [[entry] for entry in entries]
            written = []
            for group in groups:
                bodies = [body for _, _, _, body in group]
                value = payloads.messages_value(number, [contact], bodies)
                futures = self._queue(number, customer, value, bodies, lane and copies == 1, copies)
                written += [Written(wamid, seq, futures) for _, wamid, seq, _ in group]
        return written

    def move(self, number: Number, customer: Json, phone: str) -> Written:
        """The customer takes another phone number; the business is told by a system message from the old one.
        Raises PersonRefused."""
        old = customer["phone"]
        with self._core.store.tx():
            old_id = self._people.user_id(number, customer)
            moved = self._people.move(customer["id"], phone)
            system = {
                "type": "user_changed_number",
                "body": f"User {customer['name']} changed from {old or old_id} to {moved['phone']}",
                "wa_id": moved["phone"],
                "user_id": self._people.user_id(number, moved),
                "previous_user_id": old_id,
            }
            sender = {"from": old} if old else {}
            body = {"type": "system", "system": system, **sender, "from_user_id": old_id}
            return self.write(number, moved, [Draft(body)])[0]

    def _queue(
        self, number: Number, customer: Json, value: Json, bodies: Sequence[Json], lane: bool, copies: int
    ) -> list[asyncio.Future[Outcome]]:
        url = self._subscriptions.url_for(number)
        if url is None:
            return []
        webhook = Webhook(
            provider=KIND,
            account=number.phone_number_id,
            url=url,
            body=payloads.encode(payloads.envelope([(number.waba_id, value)])),
            lane=lane_of(number, customer["id"]) if lane else "",
            label=f"messages.{bodies[0].get('type', 'unknown')}" + (f" x{len(bodies)}" if len(bodies) > 1 else ""),
            about=customer["name"],
            events=tuple({"type": "message", "id": body["id"]} for body in bodies),
        )
        return self._core.dispatcher.add([webhook] * copies)

    def _store_one(self, number: Number, customer: Json, draft: Draft) -> tuple[str, int, Json]:
        number_id = number.phone_number_id
        at = self._people.written(number_id, customer["id"], draft.age_s)
        type_ = str(draft.body.get("type", "unknown"))
        content = draft.body.get(type_)
        user_id = self._people.user_id(number, customer)
        wamid = str(draft.wamid or draft.body.get("id") or payloads.new_wamid(customer["phone"] or user_id))
        context = draft.body.get("context")
        seq = self._threads.add(
            wamid=wamid,
            number_id=number_id,
            customer_id=customer["id"],
            direction="customer",
            type_=type_,
            content=content,
            status="sent",
            context_wamid=context.get("id") if isinstance(context, dict) else None,
            media_id=draft.media_id,
            at=at,
            request={"referral": draft.body["referral"]} if "referral" in draft.body else None,
        )
        if type_ == "reaction" and isinstance(content, dict):
            self._react(number_id, customer["id"], content)
        if type_ not in _SILENT:
            self._people.note_preview(number_id, customer["id"], type_, shown_text(type_, content), "customer")
        self._core.hub.changed((number_id, customer["id"]), seq)
        return wamid, seq, payloads.message(customer, user_id, wamid, int(at), draft.body)

    def _react(self, number_id: str, customer_id: int, content: dict[str, Any]) -> None:
        target: Row | None = self._threads.react(str(content.get("message_id")), "customer", content.get("emoji") or "")
        if target is not None:
            self._core.hub.changed((number_id, customer_id), target["seq"])
