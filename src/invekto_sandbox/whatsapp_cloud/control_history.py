"""The control API of WhatsApp Cloud: threads from before. Nothing is sent, no webhook goes out, nothing moves by itself."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from invekto_sandbox.control import Refused, body_of
from invekto_sandbox.store import Row
from invekto_sandbox.whatsapp_cloud.accounts import Number
from invekto_sandbox.whatsapp_cloud.control import Desk, routes_of
from invekto_sandbox.whatsapp_cloud.inbound import MEDIA_TYPES
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.people import WINDOW_S
from invekto_sandbox.whatsapp_cloud.threads import shown_text

_SIDES = ("customer", "business")


class HistoryControl:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cloud = desk.cloud

    def routes(self) -> list[BaseRoute]:
        return routes_of([("POST", "/history", self._history)])

    async def _history(self, request: Request) -> Response:
        """`{"number", "files": {key: {base64, mime, filename, voice}}, "threads": [{"customer": {..}, "messages":
        [{"id", "from": "customer"|"business", "type", "content", "at", "status", "reply_to", "file": key}]}]}`.
        A message whose id is known stays as it is, so the same history may come again."""
        body = await body_of(request)
        number = self._desk.number(body)
        added = 0
        try:
            with self._cloud.core.store.tx():
                files = {str(key): self._file(number, file) for key, file in (body.get("files") or {}).items()}
                for thread in body.get("threads") or []:
                    customer = self._desk.person(thread["customer"], group="past")
                    added += sum([self._add(number, customer, one, files) for one in thread.get("messages") or []])
                    self._head(number, customer)
        except (KeyError, TypeError, ValueError) as error:
            raise Refused("history_invalid", f"{type(error).__name__}: {error}") from error
        return JSONResponse({"added": added}, 201)

    def _file(self, number: Number, file: Mapping[str, Any]) -> Row:
        return self._cloud.media.put(
            base64.b64decode(file["base64"]),
            str(file["mime"]),
            waba_id=number.waba_id,
            number_id=None,
            filename=file.get("filename"),
            voice=bool(file.get("voice")),
        )

    def _add(self, number: Number, customer: Json, message: Mapping[str, Any], files: Mapping[str, Row]) -> bool:
        if message.get("from") not in _SIDES:
            raise Refused("side_invalid", "from must be customer or business")
        if self._cloud.threads.find(str(message["id"])) is not None:
            return False
        content = message.get("content") or {}
        media = files[str(message["file"])] if message.get("file") else None
        if media is not None and message["type"] in MEDIA_TYPES:
            content = self._cloud.media.received(media, content.get("caption")) | content
        self._cloud.threads.add(
            wamid=str(message["id"]),
            number_id=number.phone_number_id,
            customer_id=customer["id"],
            direction=str(message["from"]),
            type_=str(message["type"]),
            content=content,
            status=str(message.get("status") or "read"),
            context_wamid=message.get("reply_to"),
            media_id=None if media is None else media["id"],
            at=float(message["at"]),
        )
        return True

    def _head(self, number: Number, customer: Json) -> None:
        """What the list shows of the thread, and the window that its last message from the customer left."""
        rows = self._cloud.threads.page(number.phone_number_id, customer["id"], before=None, limit=500)
        if not rows:
            return
        self._cloud.people.remember(
            number.phone_number_id,
            customer["id"],
            last=self._cloud.threads.shown(rows[-1], None),
            text=shown_text(rows[-1]["type"], self._cloud.threads.shown(rows[-1], None)["content"]),
            closes_at=max((row["at"] + WINDOW_S for row in rows if row["direction"] == "customer"), default=None),
        )
        self._cloud.core.hub.changed((number.phone_number_id, customer["id"]))
