"""The control API of WhatsApp Cloud: what customers write."""

from __future__ import annotations

import asyncio
import base64
import sqlite3

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from invekto_sandbox.control import Refused, body_of, whole_number
from invekto_sandbox.whatsapp_cloud.accounts import Number
from invekto_sandbox.whatsapp_cloud.control import Desk, routes_of
from invekto_sandbox.whatsapp_cloud.inbound import MEDIA_TYPES, Draft, Written
from invekto_sandbox.whatsapp_cloud.media import kind_of
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.people import PersonRefused

_MAX_FILE = 110 * 1024 * 1024


class WritingControl:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cloud = desk.cloud

    def routes(self) -> list[BaseRoute]:
        return routes_of(
            [
                ("GET", "/customers/{id:int}/messages", self._thread),
                ("POST", "/customers/{id:int}/messages", self._write),
                ("POST", "/customers/{id:int}/media", self._write_media),
                ("POST", "/customers/{id:int}/number", self._move),
                ("POST", "/say", self._say),
            ]
        )

    async def _thread(self, request: Request) -> Response:
        query = request.query_params
        number = self._desk.number(query)
        limit = whole_number(query, "limit", 50, 1, 500)
        before = whole_number(query, "before", 0, 0, 2**53) or None
        rows = self._cloud.threads.page(
            number.phone_number_id, self._desk.customer(request)["id"], before=before, limit=limit
        )
        items = [self._cloud.shown(row) for row in rows]
        return JSONResponse({"items": items, "more": len(items) == limit})

    async def _write(self, request: Request) -> Response:
        return await self._written(await body_of(request), self._desk.customer(request))

    async def _say(self, request: Request) -> Response:
        """Creates the customer if needed and writes, in one call."""
        body = await body_of(request)
        wish = body.get("customer")
        return await self._written(
            body, self._desk.person(wish if isinstance(wish, dict) else {"phone": body.get("phone")})
        )

    async def _move(self, request: Request) -> Response:
        """`{"phone"}`: the customer changes the number; told by `user_changed_number`."""
        customer = self._desk.customer(request)
        body = await body_of(request)
        try:
            written = self._cloud.inbound.move(self._desk.number(body), customer, str(body.get("phone") or ""))
        except PersonRefused as error:
            raise Refused(error.code, str(error)) from error
        return await self._told(customer, written, wait=bool(body.get("wait")))

    async def _written(self, body: Json, customer: Json) -> Response:
        number = self._desk.number(body)
        draft = self._draft(number, body)
        copies = whole_number(body, "copies", 1, 1, 100)
        return await self._send(number, customer, draft, copies=copies, wait=bool(body.get("wait", False)))

    def _draft(self, number: Number, body: Json) -> Draft:
        """`{"text": "..."}`, `{"type": t, t: {...}}`, `{"message": {raw}}`, or a file in base64."""
        context = body.get("reply_to")
        age_s = None if body.get("age_s") is None else float(body["age_s"])
        wamid = body.get("id")
        file = body.get("file")
        if isinstance(file, dict):
            made = self._file_draft(
                number,
                base64.b64decode(file.get("base64", "")),
                str(file.get("mime", "application/octet-stream")),
                file,
                context,
            )
            return Draft(made.body, wamid, age_s, made.media_id)
        if isinstance(body.get("message"), dict):
            message = body["message"]
        elif isinstance(body.get("text"), str):
            message = {"type": "text", "text": {"body": body["text"]}}
        elif isinstance(body.get("type"), str):
            message = {"type": body["type"]}
            if body["type"] in body:
                message[body["type"]] = body[body["type"]]
        else:
            raise Refused("message_required", "give text, type, message or file")
        return Draft(self._cloud.inbound.in_reply(number, message, context), wamid, age_s)

    async def _write_media(self, request: Request) -> Response:
        customer = self._desk.customer(request)
        form = await request.form(max_part_size=1_000_000)
        try:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Refused("file_required", "give a file")
            content = await file.read(_MAX_FILE)
            fields: Json = {key: value for key, value in form.items() if isinstance(value, str)}
            fields.setdefault("filename", file.filename)
            number = self._desk.number(fields)
            mime = str(fields.get("mime") or file.content_type or "application/octet-stream")
            draft = self._file_draft(number, content, mime, fields, fields.get("reply_to"))
        finally:
            await form.close()
        return await self._send(number, customer, draft, copies=1, wait=bool(fields.get("wait")))

    def _file_draft(self, number: Number, content: bytes, mime: str, fields: Json, context: str | None) -> Draft:
        if not content:
            raise Refused("file_empty", "the file is empty")
        kind = str(fields.get("type") or kind_of(mime) or "document")
        if kind not in MEDIA_TYPES:
            raise Refused("type_invalid", f"type must be one of {', '.join(MEDIA_TYPES)}")
        return self._cloud.inbound.media_draft(
            number,
            kind,
            content,
            mime,
            filename=fields.get("filename"),
            caption=fields.get("caption"),
            voice=str(fields.get("voice", "")).lower() in ("1", "true", "yes"),
            context=context,
        )

    async def _send(self, number: Number, customer: Json, draft: Draft, *, copies: int, wait: bool) -> Response:
        try:
            written = self._cloud.inbound.write(number, customer, [draft], copies=copies)[0]
        except sqlite3.IntegrityError:
            raise Refused("id_taken", "a message with that id exists", 409) from None
        return await self._told(customer, written, wait=wait)

    async def _told(self, customer: Json, written: Written, *, wait: bool) -> Response:
        answer: Json = {"id": written.wamid, "seq": written.seq, "customer": customer["id"], "answers": []}
        if wait:
            outcomes = await asyncio.gather(*written.firsts)
            answer["answers"] = [{"status": one.status, "ms": round(one.ms, 2), "error": one.error} for one in outcomes]
        return JSONResponse(answer, 201)
