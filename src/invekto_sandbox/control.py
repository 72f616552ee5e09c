"""The control API's common part, under /_control: state, faults, log, queue, settings, reset, live socket.

For this machine only: a request must come from loopback and, if a browser sent it, from the sandbox's own page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from invekto_sandbox.core import Core
from invekto_sandbox.faults import EVERYWHERE, FaultRefused
from invekto_sandbox.settings import Delays

Json = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]
_LOOPBACK = ("127.", "::1", "localhost", "testclient")


class Refused(Exception):
    """A control request that cannot be done; answered as {"error": {"code", "message"}}."""

    def __init__(self, code: str, message: str, status: int = 422) -> None:
        self.code, self.status = code, status
        super().__init__(message)


class Provider(Protocol):
    """What a provider app adds to the control API."""

    kind: str

    def routes(self) -> Sequence[BaseRoute]: ...

    def state(self) -> Json: ...

    def busy(self) -> int:
        """How much it will still do by itself, webhooks not counted."""

    def configure(self, wish: Json) -> None:
        """Takes the provider's own settings out of a settings request."""

    def settings(self) -> Json: ...

    def reset(self) -> None: ...


def allowed(connection: HTTPConnection) -> bool:
    """Loopback client, loopback name in Host (no DNS rebinding), and no foreign Origin."""
    client = connection.client.host if connection.client else ""
    host = connection.headers.get("host", "")
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    origin = connection.headers.get("origin")
    if not client.startswith(_LOOPBACK) or not name.strip("[]").startswith(_LOOPBACK):
        return False
    return origin is None or origin.partition("://")[2] == host


def guarded(handler: Handler) -> Handler:
    async def guard(request: Request) -> Response:
        if not allowed(request):
            return JSONResponse({"error": {"code": "not_local", "message": "for this machine only"}}, 403)
        try:
            return await handler(request)
        except Refused as error:
            return JSONResponse({"error": {"code": error.code, "message": str(error)}}, error.status)

    return guard


async def body_of(request: Request) -> Json:
    """A JSON object; {} for an empty body."""
    raw = await request.body()
    if not raw.strip():
        return {}
    try:
        parsed = await request.json()
    except ValueError:
        raise Refused("not_json", "the body is not JSON") from None
    if not isinstance(parsed, dict):
        raise Refused("not_json", "the body must be a JSON object")
    return parsed


def whole_number(source: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = source.get(name, default)
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise Refused("number_invalid", f"{name} must be a whole number") from None
    if not low <= number <= high:
        raise Refused("number_invalid", f"{name} must be between {low} and {high}")
    return number


class Control:
    def __init__(self, core: Core, providers: Sequence[Provider]) -> None:
        self._core = core
        self._providers = providers
        self._started_at = time.time()
        self._end: asyncio.TimerHandle | None = None
        core.faults.on_change = self._tell_faults
        self._tell_faults()

    def routes(self) -> list[BaseRoute]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/health", self.health),
            ("GET", "/state", self._state),
            ("GET", "/faults", self._faults),
            ("PUT", "/faults", self._set_faults),
            ("DELETE", "/faults", self._clear_faults),
            ("GET", "/log", self._log),
            ("DELETE", "/log", self._clear_log),
            ("GET", "/log/{id:int}", self._log_entry),
            ("POST", "/log/{id:int}/resend", self._resend),
            ("GET", "/queue", self._queue),
            ("POST", "/queue/flush", self._flush),
            ("GET", "/idle", self._idle),
            ("GET", "/settings", self._settings),
            ("PUT", "/settings", self._set_settings),
            ("POST", "/reset", self._reset),
        ]
        routes: list[BaseRoute] = [
            Route(f"/_control{path}", guarded(handler), methods=[method]) for method, path, handler in table
        ]
        routes.append(WebSocketRoute("/_control/live", self._live))
        for provider in self._providers:
            routes += provider.routes()
        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [*routes, Route("/_control/{path:path}", guarded(self._unknown), methods=every)]

    async def _unknown(self, request: Request) -> Response:
        raise Refused("not_found", f"no {request.method} {request.url.path}: see the sandbox's README", 404)

    async def _live(self, socket: WebSocket) -> None:
        if not allowed(socket):
            raise HTTPException(403)
        await self._core.hub.serve(socket)

    async def health(self, _request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def _state(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "started_at": self._started_at,
                "channels": [{"kind": provider.kind, **provider.state()} for provider in self._providers],
                "faults": self._core.faults.as_json(),
                "queue": self._core.dispatcher.pending,
                "waiting": self._core.dispatcher.waiting(20),
                "ledger": self._core.ledger.on,
            }
        )

    async def _faults(self, _request: Request) -> Response:
        return JSONResponse(self._core.faults.as_json())

    async def _set_faults(self, request: Request) -> Response:
        body = await body_of(request)
        wishes = body.get("faults")
        if not isinstance(wishes, dict):
            raise Refused("faults_required", 'give {"number": id or null, "faults": {...}}')
        try:
            self._core.faults.change(body.get("number") or EVERYWHERE, wishes)
        except FaultRefused as error:
            raise Refused("fault_invalid", str(error)) from error
        return JSONResponse(self._core.faults.as_json())

    async def _clear_faults(self, request: Request) -> Response:
        number = request.query_params.get("number")
        self._core.faults.clear(number)
        return JSONResponse(self._core.faults.as_json())

    def _tell_faults(self) -> None:
        """And once more when an outage is over: it ends by itself."""
        self._core.faults.forget_ended()
        if self._end is not None:
            self._end.cancel()
            self._end = None
        self._core.dispatcher.come_back()
        end_s = self._core.faults.next_end_s
        if end_s is not None:
            self._end = asyncio.get_running_loop().call_later(end_s + 0.01, self._tell_faults)
        self._core.hub.notice({"type": "faults", "faults": self._core.faults.as_json()})

    async def _log(self, request: Request) -> Response:
        query = request.query_params
        entries = self._core.log.newest(
            whole_number(query, "limit", 100, 1, 2000),
            after=whole_number(query, "after", 0, 0, 2**53),
            direction=query.get("direction"),
            failed=bool(query.get("failed")),
            words=query.get("q", ""),
        )
        bodies = bool(query.get("bodies"))
        return JSONResponse({"items": [entry.whole() if bodies else entry.summary() for entry in entries]})

    async def _log_entry(self, request: Request) -> Response:
        entry = self._core.log.find(request.path_params["id"])
        if entry is None:
            raise Refused("not_found", "that entry is not kept any more", 404)
        return JSONResponse(entry.whole())

    async def _clear_log(self, _request: Request) -> Response:
        self._core.log.clear()
        self._core.hub.notice({"type": "log_cleared"})
        return JSONResponse({"items": []})

    async def _resend(self, request: Request) -> Response:
        """The same bytes to the same address once more, signed with the right secret. Gives what was answered."""
        entry = self._core.log.find(request.path_params["id"])
        if entry is None:
            raise Refused("not_found", "that entry is not kept any more", 404)
        if entry.direction != "webhook" or not entry.url or not entry.request.startswith(b"{"):
            raise Refused("not_a_webhook", "only a webhook with a body can be sent again")
        if entry.cut:
            raise Refused("too_long", "the body was too long to be kept whole")
        outcome = await self._core.dispatcher.send_again(entry)
        return JSONResponse({"status": outcome.status, "ms": round(outcome.ms, 2), "error": outcome.error})

    async def _queue(self, request: Request) -> Response:
        limit = whole_number(request.query_params, "limit", 100, 1, 10_000)
        return JSONResponse({"pending": self._core.dispatcher.pending, "items": self._core.dispatcher.queue(limit)})

    async def _flush(self, _request: Request) -> Response:
        return JSONResponse({"flushed": self._core.dispatcher.flush()})

    async def _idle(self, request: Request) -> Response:
        """Waits until no webhook is queued and no status is due: 200, or 408 after `timeout` seconds."""
        limit_s = whole_number(request.query_params, "timeout", 10, 0, 600)
        end = time.monotonic() + limit_s
        while True:
            busy = sum(provider.busy() for provider in self._providers)
            pending = self._core.dispatcher.pending
            if busy == 0 and pending == 0:
                return JSONResponse({"idle": True})
            if time.monotonic() >= end:
                return JSONResponse({"idle": False, "queue": pending, "busy": busy}, 408)
            await asyncio.sleep(0.01)

    async def _settings(self, _request: Request) -> Response:
        return JSONResponse(self._all_settings())

    def _all_settings(self) -> Json:
        found: Json = {
            "retry_s": list(self._core.dispatcher.retry_s),
            "webhook_timeout_s": self._core.dispatcher.timeout_s,
        }
        for provider in self._providers:
            found[provider.kind] = provider.settings()
        return found

    async def _set_settings(self, request: Request) -> Response:
        """Holds until the next start."""
        body = await body_of(request)
        retry_s = body.get("retry_s")
        if retry_s is not None:
            if not isinstance(retry_s, list) or not all(isinstance(one, int | float) and one >= 0 for one in retry_s):
                raise Refused("retry_invalid", "retry_s must be a list of seconds")
            self._core.dispatcher.retry_s = tuple(float(one) for one in retry_s)
        if body.get("webhook_timeout_s") is not None:
            self._core.dispatcher.timeout_s = float(body["webhook_timeout_s"])
        for provider in self._providers:
            if isinstance(body.get(provider.kind), dict):
                provider.configure(body[provider.kind])
        return JSONResponse(self._all_settings())

    async def _reset(self, _request: Request) -> Response:
        """Forgets customers, messages, files, queue, log and faults; keeps keys, numbers and addresses."""
        self._core.dispatcher.forget()
        for provider in self._providers:
            provider.reset()
        self._core.faults.clear()
        self._core.log.clear()
        self._core.hub.notice({"type": "reset"})
        return JSONResponse({"reset": True})


def delays_from(wish: Mapping[str, Any], now: Delays) -> Delays:
    """Seconds per step, the others as they are."""
    values = {name: getattr(now, name) for name in ("sent_s", "delivered_s", "read_s")}
    for name in values:
        if name in wish:
            if not isinstance(wish[name], int | float) or not 0 <= wish[name] <= 86_400:
                raise Refused("delay_invalid", f"{name} must be seconds")
            values[name] = float(wish[name])
    return Delays(**values)
