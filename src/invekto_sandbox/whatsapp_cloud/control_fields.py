"""The control API of WhatsApp Cloud: what the business writes on its own phone, and webhooks of any other field."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from invekto_sandbox.control import Refused, body_of
from invekto_sandbox.posting import Outcome
from invekto_sandbox.whatsapp_cloud import payloads
from invekto_sandbox.whatsapp_cloud.control import Desk, routes_of
from invekto_sandbox.whatsapp_cloud.notify import notify
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.progress import lane_of
from invekto_sandbox.whatsapp_cloud.threads import shown_text

_SILENT = ("edit", "revoke", "reaction")


class FieldsControl:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cloud = desk.cloud

    def routes(self) -> list[BaseRoute]:
        return routes_of(
            [
                ("POST", "/customers/{id:int}/echoes", self._echo),
                ("POST", "/fields", self._field),
            ]
        )

    async def _echo(self, request: Request) -> Response:
        """The business writes on its phone: `{"text"}` or `{"message": {"type", ...}}`, as `smb_message_echoes`."""
        customer = self._desk.customer(request)
        body = await body_of(request)
        number = self._desk.number(body)
        message = body.get("message")
        if not isinstance(message, dict):
            if not isinstance(body.get("text"), str):
                raise Refused("message_required", "give text or message")
            message = {"type": "text", "text": {"body": body["text"]}}
        type_ = str(message.get("type", "unknown"))
        wamid = str(body.get("id") or payloads.new_wamid(number.digits))
        with self._cloud.core.store.tx():
            if type_ not in _SILENT:
                seq = self._cloud.threads.add(
                    wamid=wamid,
                    number_id=number.phone_number_id,
                    customer_id=customer["id"],
                    direction="business",
                    type_=type_,
                    content=message.get(type_),
                    status="sent",
                )
                shown = shown_text(type_, message.get(type_))
                self._cloud.people.note_preview(number.phone_number_id, customer["id"], type_, shown, "business")
                self._cloud.core.hub.changed((number.phone_number_id, customer["id"]), seq)
        to = {"to": customer["phone"]} if customer["phone"] else {}
        user_id = self._cloud.people.user_id(number, customer)
        to["to_user_id"] = user_id
        part = {"from": number.digits, **to, "id": wamid, "timestamp": str(int(time.time()))} | message
        # Whom it was written to, as pywa reads it [S].
        contacts = [payloads.contact(customer, user_id)]
        value = payloads.number_value(number) | {"contacts": contacts, "message_echoes": [part]}
        lane = lane_of(number, customer["id"])
        firsts = notify(self._cloud, number, "smb_message_echoes", value, lane=lane, about=customer["name"])
        return await self._answer({"id": wamid}, firsts, wait=bool(body.get("wait")))

    async def _field(self, request: Request) -> Response:
        """`{"field", "value"}` as it is given; `of` `number` (default) adds the number's metadata, `account` does not."""
        body = await body_of(request)
        number = self._desk.number(body)
        field, value = body.get("field"), body.get("value")
        if not isinstance(field, str) or not isinstance(value, dict):
            raise Refused("field_required", "give field and value")
        if body.get("of", "number") not in ("number", "account"):
            raise Refused("of_invalid", "of must be number or account")
        if body.get("of") != "account":
            value = payloads.number_value(number) | value
        firsts = notify(self._cloud, number, field, value, lane="", about=number.name)
        return await self._answer({"field": field}, firsts, wait=bool(body.get("wait")))

    async def _answer(self, said: Json, firsts: Sequence[asyncio.Future[Outcome]], *, wait: bool) -> Response:
        outcomes = await asyncio.gather(*firsts) if wait else []
        answers = [{"status": one.status, "ms": round(one.ms, 2), "error": one.error} for one in outcomes]
        return JSONResponse(said | {"answers": answers}, 201)
