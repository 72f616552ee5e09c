"""The control API of WhatsApp Cloud: what the business sent, statuses by hand, raw webhooks, crowds, files."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute

from invekto_sandbox.control import Refused, body_of, whole_number
from invekto_sandbox.whatsapp_cloud.accounts import KIND
from invekto_sandbox.whatsapp_cloud.cloud import WhatsAppCloud
from invekto_sandbox.whatsapp_cloud.control import Desk, PeopleControl, routes_of
from invekto_sandbox.whatsapp_cloud.control_fields import FieldsControl
from invekto_sandbox.whatsapp_cloud.control_history import HistoryControl
from invekto_sandbox.whatsapp_cloud.control_scenarios import ScenarioControl
from invekto_sandbox.whatsapp_cloud.control_templates import TemplateControl
from invekto_sandbox.whatsapp_cloud.control_writing import WritingControl
from invekto_sandbox.whatsapp_cloud.crowd import Crowds, CrowdWish
from invekto_sandbox.whatsapp_cloud.payloads import Json, encode
from invekto_sandbox.whatsapp_cloud.progress import RANK
from invekto_sandbox.whatsapp_cloud.scenarios import Scenarios
from invekto_sandbox.wire import WireError


class TrafficControl:
    def __init__(self, desk: Desk, crowds: Crowds) -> None:
        self._desk = desk
        self._cloud = desk.cloud
        self._crowds = crowds

    def routes(self) -> list[BaseRoute]:
        return routes_of(
            [
                ("GET", "/sent", self._sent),
                ("POST", "/messages/{wamid:path}/status", self._status),
                ("POST", "/webhooks", self._raw_webhook),
                ("PUT", "/callback", self._callback),
                ("POST", "/crowd", self._crowd),
                ("GET", "/crowd/{id:int}", self._crowd_report),
                ("GET", "/media/{id}", self._media),
            ]
        )

    async def _sent(self, request: Request) -> Response:
        """Oldest first after `after`; with `count` it waits until so many are there (or `timeout` seconds are over)."""
        query = request.query_params
        count = whole_number(query, "count", 0, 0, 10_000)
        end = time.monotonic() + whole_number(query, "timeout", 5, 0, 600)
        number_id = self._desk.number(query).phone_number_id if query.get("number") else None
        customer_id = whole_number(query, "customer", 0, 0, 2**53) or None
        while True:
            rows = self._cloud.threads.sent(
                number_id=number_id,
                after=whole_number(query, "after", 0, 0, 2**53),
                limit=whole_number(query, "limit", 500, 1, 10_000),
                customer_id=customer_id,
            )
            if len(rows) >= count or time.monotonic() >= end:
                return JSONResponse({"items": [self._cloud.sent_to_us(row) for row in rows]})
            await asyncio.sleep(0.01)

    async def _status(self, request: Request) -> Response:
        row = self._cloud.threads.find(request.path_params["wamid"])
        if row is None or row["direction"] != "business":
            raise Refused("not_found", "no such message of a business", 404)
        body = await body_of(request)
        status = body.get("status")
        if status not in RANK or status == "accepted":
            raise Refused("status_invalid", "status must be sent, delivered, read or failed")
        code = whole_number(body, "code", 0, 0, 10_000_000) or None
        future = self._cloud.progress.set_by_hand(row, status, code, body.get("details"))
        answer: Json = {"answer": None}
        if body.get("wait") and future is not None:
            outcome = await future
            answer["answer"] = {"status": outcome.status, "ms": round(outcome.ms, 2), "error": outcome.error}
        return JSONResponse(answer)

    async def _raw_webhook(self, request: Request) -> Response:
        """Any body to the app's address, `copies` times at once, outside queue and faults; `signature` is valid,
        forged or none. Gives each answer."""
        body = await body_of(request)
        url = body.get("url") or self._cloud.subscriptions.app_url
        if not url:
            raise Refused("webhook_url_missing", "no webhook address is set")
        if isinstance(body.get("base64"), str):
            raw = base64.b64decode(body["base64"])
        elif "body" in body:
            raw = encode(body["body"])
        else:
            raise Refused("body_required", "give body or base64")
        signature = body.get("signature", "valid")
        headers = {"Content-Type": "application/json"}
        if signature != "none":
            headers["X-Hub-Signature-256"] = self._cloud.accounts.sign(raw, forged=signature == "forged")
        headers |= {str(name): str(value) for name, value in (body.get("headers") or {}).items()}
        copies = whole_number(body, "copies", 1, 1, 500)
        answers = await asyncio.gather(*(self._post_raw(str(url), headers, raw) for _ in range(copies)))
        return JSONResponse({"answers": answers})

    async def _post_raw(self, url: str, headers: Mapping[str, str], raw: bytes) -> Json:
        core = self._cloud.core
        began = time.perf_counter()
        try:
            answer = await core.wire.request("POST", url, headers, raw, timeout_s=core.dispatcher.timeout_s)
            found: Json = {"status": answer.status, "error": None}
        except WireError as error:
            found = {"status": None, "error": str(error)}
        found["ms"] = round((time.perf_counter() - began) * 1000, 2)
        core.log.add(
            "webhook",
            provider=KIND,
            account="",
            label="raw",
            about="",
            status=found["status"],
            ms=found["ms"],
            note=found["error"],
            request=raw,
        )
        return found

    async def _callback(self, request: Request) -> Response:
        body = await body_of(request)
        self._cloud.subscriptions.set_app_url(body.get("url"), body.get("verify_token"))
        return JSONResponse({"url": self._cloud.subscriptions.app_url})

    async def _crowd(self, request: Request) -> Response:
        body = await body_of(request)
        wished = body.get("numbers")
        numbers = (
            [self._desk.number({"number": one}) for one in wished]
            if isinstance(wished, list)
            else [self._desk.number(body)]
        )
        rate = body.get("rate")
        if rate is not None and (not isinstance(rate, int | float) or rate <= 0):
            raise Refused("number_invalid", "rate must be webhooks per second")
        wish = CrowdWish(
            numbers=numbers,
            customers=whole_number(body, "customers", 10, 1, 100_000),
            messages=whole_number(body, "messages", 1, 1, 10_000),
            concurrency=whole_number(body, "concurrency", 16, 1, 1000),
            rate=rate,
            batch=whole_number(body, "batch", 1, 1, 1000),
            ordered=bool(body.get("ordered", False)),
            new=bool(body.get("new", True)),
            text=body.get("text"),
        )
        run = self._crowds.start(wish)
        if body.get("wait"):
            await self._crowds.wait(run)
        return JSONResponse(run.report(), 202 if run.ended_at is None else 200)

    async def _crowd_report(self, request: Request) -> Response:
        run = self._crowds.find(request.path_params["id"])
        if run is None:
            raise Refused("not_found", "no such run", 404)
        return JSONResponse(run.report())

    async def _media(self, request: Request) -> Response:
        """A file for the phone page; nothing of it runs as a page."""
        row = self._cloud.media.find(request.path_params["id"])
        if row is None:
            raise Refused("not_found", "no such file", 404)
        headers = {
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600",
        }
        inline = str(row["mime"]).startswith(("image/", "audio/", "video/"))
        return FileResponse(
            self._cloud.media.path(row["id"]),
            media_type=row["mime"] if inline else "application/octet-stream",
            headers=headers,
            filename=None if inline else (row["filename"] or row["id"]),
        )


class CloudControl:
    """WhatsApp Cloud's part of the control API, as the common part sees it."""

    kind = KIND

    def __init__(self, cloud: WhatsAppCloud) -> None:
        self._cloud = cloud
        desk = Desk(cloud)
        self._crowds = Crowds(cloud)
        self._scenarios = Scenarios(cloud, self._crowds)
        self._people = PeopleControl(desk)
        self._parts = (
            self._people,
            WritingControl(desk),
            FieldsControl(desk),
            HistoryControl(desk),
            TrafficControl(desk, self._crowds),
            ScenarioControl(desk, self._scenarios),
            TemplateControl(desk),
        )

    def routes(self) -> Sequence[BaseRoute]:
        return [route for part in self._parts for route in part.routes()]

    def state(self) -> Json:
        return self._people.state()

    def busy(self) -> int:
        waiting = self._cloud.progress.pending + self._cloud.templates.pending
        return waiting + self._crowds.running + self._scenarios.running

    def configure(self, wish: Json) -> None:
        self._people.configure(wish)

    def settings(self) -> Json:
        return self._people.settings()

    def stop(self) -> None:
        """Ends what goes on by itself."""
        self._scenarios.stop()
        self._crowds.stop()

    def reset(self) -> None:
        self.stop()
        self._cloud.reset()
