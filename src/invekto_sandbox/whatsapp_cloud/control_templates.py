"""The control API of WhatsApp Cloud: templates as they are, put in as they shall be, and what Meta does to them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from invekto_sandbox.control import Refused, body_of
from invekto_sandbox.whatsapp_cloud.control import Desk, routes_of
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.templates import node

_STATUSES = frozenset(
    [
        "APPROVED",
        "PENDING",
        "REJECTED",
        "PAUSED",
        "DISABLED",
        "IN_APPEAL",
        "REINSTATED",
        "FLAGGED",
        "PENDING_DELETION",
        "LIMIT_EXCEEDED",
        "ARCHIVED",
        "UNARCHIVED",
        "LOCKED",
    ]
)


class TemplateControl:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._templates = desk.cloud.templates

    def routes(self) -> list[BaseRoute]:
        return routes_of(
            [
                ("GET", "/templates", self._list),
                ("POST", "/templates", self._put),
                ("PATCH", "/templates/{id}", self._change),
                ("GET", "/review", self._judge),
                ("PUT", "/review", self._review),
            ]
        )

    async def _list(self, request: Request) -> Response:
        waba_id = self._desk.number(request.query_params).waba_id
        return JSONResponse({"items": [node(row) for row in self._templates.all_of(waba_id)]})

    async def _put(self, request: Request) -> Response:
        """`{"number"?, "templates": [{name, language, category, components, parameter_format?, status?, reason?, quality?,
        held?}]}`: unchecked, as if they had always been there; one that is there stays. `held`: nobody judges it."""
        body = await body_of(request)
        waba_id = self._desk.number(body).waba_id
        made = []
        for wish in body.get("templates") or []:
            if self._templates.named(waba_id, wish["name"], wish["language"]) is None:
                row = self._templates.put(
                    waba_id,
                    wish,
                    _status(wish.get("status", "APPROVED")),
                    reason=str(wish.get("reason", "NONE")),
                    quality=str(wish.get("quality", "UNKNOWN")),
                )
                made.append(node(row))
        return JSONResponse({"items": made}, 201)

    async def _change(self, request: Request) -> Response:
        """`status` with `reason`, `quality`, `category`: each is told by its webhook."""
        row = self._templates.find(request.path_params["id"])
        if row is None:
            raise Refused("not_found", "no such template", 404)
        body = await body_of(request)
        if "status" in body:
            _status(body["status"])
        self._templates.change(row, body)
        fresh = self._templates.find(row["id"])
        assert fresh is not None
        return JSONResponse(node(fresh))

    async def _judge(self, _request: Request) -> Response:
        return JSONResponse({"after_s": self._templates.review_s, "verdict": self._templates.verdict})

    async def _review(self, request: Request) -> Response:
        """`after_s` and `verdict` `{"status": "APPROVED"|"REJECTED", "reason"?}` for what is submitted from now on."""
        body = await body_of(request)
        verdict: Json | None = body.get("verdict")
        if verdict is not None:
            _status(verdict.get("status"))
        after_s = body.get("after_s")
        self._templates.judge_by(None if after_s is None else float(after_s), verdict)
        return await self._judge(request)


def _status(wish: object) -> str:
    if wish not in _STATUSES:
        raise Refused("status_invalid", f"no status of a template: {wish}")
    return str(wish)
