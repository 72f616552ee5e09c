"""`POST /{phone}/messages`: a business message is checked, accepted, and handed to `progress`; read and typing marks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from invekto_sandbox.core import Core
from invekto_sandbox.store import Row
from invekto_sandbox.whatsapp_cloud import media as media_rules
from invekto_sandbox.whatsapp_cloud import payloads, template_sends
from invekto_sandbox.whatsapp_cloud.accounts import Accounts, Number
from invekto_sandbox.whatsapp_cloud.errors import GraphError
from invekto_sandbox.whatsapp_cloud.media import MediaShelf
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.people import People, normalize, wa_id_of
from invekto_sandbox.whatsapp_cloud.progress import Progress
from invekto_sandbox.whatsapp_cloud.templates import Templates
from invekto_sandbox.whatsapp_cloud.threads import Threads, shown_text
from invekto_sandbox.whatsapp_cloud.validation import check_content

_TYPING_S = 25
_REACTED_AT_MOST_S = 30 * 86_400  # [K]


@dataclass(frozen=True, slots=True)
class Accepted:
    wamid: str
    answer: Json
    about: str


@dataclass(frozen=True, slots=True)
class _Recipient:
    customer: Json
    answer: Json  # its entry of `contacts` in the answer


class Sending:
    def __init__(
        self,
        core: Core,
        accounts: Accounts,
        people: People,
        threads: Threads,
        media: MediaShelf,
        progress: Progress,
        templates: Templates,
    ) -> None:
        self._core = core
        self._accounts = accounts
        self._people = people
        self._threads = threads
        self._media = media
        self._progress = progress
        self._templates = templates

    def post(self, number: Number, body: Json) -> Accepted:
        """Either a message, or a read or typing mark. Raises GraphError."""
        if "messaging_product" not in body:
            raise GraphError.missing("messaging_product")
        if body["messaging_product"] != "whatsapp":
            raise GraphError(100, "Param messaging_product must be one of {WHATSAPP}")
        if "status" in body or "typing_indicator" in body:
            return self._mark(number, body)
        return self._send(number, body)

    def _send(self, number: Number, body: Json) -> Accepted:
        type_, content = check_content(body)
        callback_data = body.get("biz_opaque_callback_data")
        if callback_data is not None and (not isinstance(callback_data, str) or len(callback_data) > 512):
            raise GraphError(100, "Param biz_opaque_callback_data must be a string of at most 512 characters.")
        context = body.get("context")
        if context is not None and not (isinstance(context, dict) and isinstance(context.get("message_id"), str)):
            raise GraphError(100, "Param context must have a message_id.")
        if body.get("recipient_type", "individual") != "individual":
            raise GraphError(131009, "recipient_type must be individual")
        if type_ == "template":
            approved = template_sends.checked(self._templates, number, content)
            content = {**content, "shown": template_sends.shown(approved, content)}
        with self._core.store.tx():
            recipient = self._recipient(number, body)
            target = self._reacted(number, type_, content)
            fate, details, media_id = self._fate(number, recipient.customer, type_, content)
            customer_id = recipient.customer["id"]
            wamid = payloads.new_wamid(recipient.customer["phone"] or self._people.user_id(number, recipient.customer))
            seq = self._threads.add(
                wamid=wamid,
                number_id=number.phone_number_id,
                customer_id=customer_id,
                direction="business",
                type_=type_,
                content=content,
                request=body,
                status="accepted",
                context_wamid=context["message_id"] if context else None,
                media_id=media_id,
                callback_data=callback_data,
                fate=fate,
                fate_details=details,
            )
            if target is not None:
                self._threads.react(target["wamid"], "business", content.get("emoji") or "")
                self._core.hub.changed((number.phone_number_id, customer_id), target["seq"])
            elif fate is None:
                self._people.note_preview(
                    number.phone_number_id, customer_id, type_, shown_text(type_, content), "business"
                )
                if self._core.hub.visible((number.phone_number_id, customer_id)):
                    self._people.clear_unread(number.phone_number_id, customer_id)
            row = self._threads.find(wamid)
            assert row is not None
            self._progress.begin(row)
        self._core.hub.changed((number.phone_number_id, customer_id), seq)
        message = {"id": wamid} | ({"message_status": "accepted"} if type_ == "template" else {})
        answer = {"messaging_product": "whatsapp", "contacts": [recipient.answer], "messages": [message]}
        return Accepted(wamid, answer, recipient.customer["name"])

    def _recipient(self, number: Number, body: Json) -> _Recipient:
        """`to` wins over `recipient`. Whoever was never heard of becomes a customer that nobody plays."""
        to, user_id = body.get("to"), body.get("recipient")
        if not to and not user_id:
            raise GraphError.missing("to")
        if to:
            digits = normalize(str(to))
            if digits is None:
                raise GraphError(131009, "Param to is not a valid phone number.")
            phone = wa_id_of(digits)
            if phone == number.digits:
                raise GraphError(131021)
            allowed = self._core.store.setting(f"wa.allowed.{number.phone_number_id}")
            if allowed is not None and phone not in allowed:
                raise GraphError(131030)
            customer = self._people.by_phone(phone) or self._people.create({"phone": phone}, group="stranger")
            return _Recipient(customer, {"input": str(to), "wa_id": phone})
        known = self._people.recipient(number, str(user_id))
        if known is None:
            raise GraphError(131009, "Param recipient is not a valid business-scoped user ID.")
        return _Recipient(known, {"input": str(user_id), "user_id": str(user_id)})

    def _reacted(self, number: Number, type_: str, content: Any) -> Row | None:
        if type_ != "reaction":
            return None
        target = self._threads.find(content["message_id"])
        if target is None or target["number_id"] != number.phone_number_id:
            raise GraphError(131009, "reaction['message_id'] is not a message of this phone number.")
        if time.time() - target["at"] > _REACTED_AT_MOST_S:
            raise GraphError(131009, "reaction['message_id'] is a message that is too old to react to.")
        return target

    def _fate(
        self, number: Number, customer: Json, type_: str, content: Any
    ) -> tuple[int | None, str | None, str | None]:
        """The error it will fail with after all (or None), its words, and the id of its file."""
        media_id, problem = None, None
        needs_window = type_ != "template"
        if not needs_window and (file := template_sends.header_media(content)) is not None:
            type_, content = str(file["type"]), file
        if type_ in media_rules.TYPES and content.get("id"):
            media = self._media.find(str(content["id"]))
            if media is None or media["waba_id"] != number.waba_id:
                raise GraphError(
                    100, f"Param {type_}['id'] is not a valid whatsapp business account media attachment ID."
                )
            media_id = media["id"]
            problem = media_rules.flaw(type_, media["mime"], self._media.head(media_id), media["size"])
            if problem is None and type_ == "audio" and content.get("voice"):
                problem = media_rules.voice_flaw(media["mime"])
        if needs_window and not self._people.window_open(number.phone_number_id, customer["id"]):
            return 131047, None, media_id
        if customer["fails_with"] is not None:
            return int(customer["fails_with"]), None, media_id
        if problem is not None:
            return 131053, problem, media_id
        return None, None, media_id

    def _mark(self, number: Number, body: Json) -> Accepted:
        if body.get("status") != "read":
            raise GraphError(131009, "Param status must be one of {READ}")
        if "message_id" not in body:
            raise GraphError.missing("message_id")
        typing = body.get("typing_indicator")
        if typing is not None and (not isinstance(typing, dict) or typing.get("type") != "text"):
            raise GraphError(131009, "Param typing_indicator['type'] must be one of {TEXT}")
        row = self._threads.find(str(body["message_id"]))
        if row is None or row["direction"] != "customer" or row["number_id"] != number.phone_number_id:
            raise GraphError(131009, "Param message_id is not a message received by this phone number.")
        phone = (row["number_id"], row["customer_id"])
        with self._core.store.tx():
            for seq in self._threads.read_by_business(row):
                self._core.hub.changed(phone, seq)
        if typing is not None:
            self._core.hub.notice(
                {"type": "typing", "number": phone[0], "customer": phone[1], "until": time.time() + _TYPING_S}
            )
        customer = self._people.find(row["customer_id"])
        return Accepted(row["wamid"], {"success": True}, customer["name"] if customer else "")
