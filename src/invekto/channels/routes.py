"""Webhooks, as plain ASGI for their cost; channels and quarantine over REST (docs/api.md)."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import Annotated, Final, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Query, Request
from prometheus_client import Counter
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from invekto.accounts.permissions import CHANNELS_MANAGE, QUARANTINE_MANAGE
from invekto.channels import changing, quarantine, service
from invekto.channels.adapter import RawRequest, SignatureInvalid
from invekto.channels.apps import Apps, SigningApp
from invekto.channels.models import Channel, Quarantine
from invekto.channels.receipts import NewReceipt, ReceiptWriter
from invekto.channels.registry import Registry, UnknownChannelKind
from invekto.channels.representations import channel_out
from invekto.channels.schemas import (
    ChannelChange,
    ChannelOut,
    QuarantineOut,
    QuarantineReasonOut,
    QuarantineReasonsOut,
    QuarantineReplay,
    QuarantineReplayedOut,
)
from invekto.kernel.auth import SIGNED_IN, Principal, requires
from invekto.kernel.errors import Forbidden, MethodNotAllowed, NotFound, TooLarge, Unavailable
from invekto.kernel.i18n import negotiate, sentence, sentences
from invekto.kernel.ids import parse_uuid
from invekto.kernel.metrics import REGISTRY
from invekto.kernel.pages import LIMIT_DEFAULT, Cursor, Limit, Page, decode_cursor, encode_cursor
from invekto.kernel.requests import actor_of, database_of, in_tx
from invekto.kernel.text import storable
from invekto.kernel.tx import Tx

WEBHOOK_MAX_BYTES: Final = 3 << 20
"""The largest body a provider sends (Meta), and the largest we read."""
BODIES_MAX_BYTES: Final = 64 << 20
"""The most that bodies may hold together while they come in parts: who signs them is known only at their end."""
BODY_WITHIN_S: Final = 15.0
_QUERY_MAX: Final = 4_096
_HEADER_MAX: Final = 200
_RAW_SHOWN_MAX: Final = 64 << 10
_PATH: Final = re.compile(r"/hooks/([a-z0-9_]{1,40})(?:/([0-9a-fA-F-]{36}))?")

REFUSED_SIGNATURES: Final = Counter(
    "invekto_refused_signatures", "Webhooks that were not signed by who they say.", ("kind",), registry=REGISTRY
)
_STORED: Final = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
_END: Final = {"type": "http.response.body", "body": b""}


class _Disconnected(Exception):
    """The sender left in the middle of its body."""


class Hooks:
    """`/hooks/{kind}` for the platform's app, `/hooks/{kind}/{app or channel id}` for the others.

    Answers 200 when the body is durable, 403 on a wrong signature or where nobody can sign, 413 beyond WEBHOOK_MAX_BYTES, 503 when it cannot be
    stored. Relies on `app.state.registry`, `.apps` and `.receipts`.
    """

    def __init__(self, *, body_within_s: float = BODY_WITHIN_S) -> None:
        self.bytes_held = 0
        self._body_within_s = body_within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = _PATH.fullmatch(scope["path"])
        if place is None:
            raise NotFound
        # Names the request in the metrics.
        scope["route"] = HOOK_ROUTES[1 if place[2] else 0]
        state = scope["app"].state
        registry: Registry = state.registry
        apps: Apps = state.apps
        kind, key = place[1], parse_uuid(place[2]) if place[2] else None
        try:
            adapter = registry.by_kind(kind)
        except UnknownChannelKind:
            raise NotFound from None
        signer = await apps.find(kind, key)
        if signer is None:
            REFUSED_SIGNATURES.labels(kind).inc()
            raise Forbidden
        method: str = scope["method"]
        if method not in ("GET", "POST"):
            raise MethodNotAllowed
        try:
            body = await self._body(receive) if method == "POST" else b""
        except _Disconnected:
            return
        request = _raw_request(scope, body, apps)
        try:
            answer = adapter.verify(request, signer.credentials)
        except SignatureInvalid:
            REFUSED_SIGNATURES.labels(kind).inc()
            raise Forbidden from None
        if answer is not None:
            headers = [
                (b"content-length", str(len(answer.body)).encode()),
                (b"content-type", answer.content_type.encode()),
            ]
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": answer.body})
            return
        if method != "POST":
            raise MethodNotAllowed
        receipts: ReceiptWriter = state.receipts
        await receipts.store(_receipt(kind, signer, scope, request))
        await send(_STORED)
        await send(_END)

    async def _body(self, receive: Receive) -> bytes:
        """The whole body. TooLarge as soon as it is, not when it has been read."""
        first = await _part(receive)
        if not first.get("more_body", False):
            whole: bytes = first.get("body", b"")
            return _checked(whole)
        try:
            async with asyncio.timeout(self._body_within_s):
                return await self._in_parts(first, receive)
        except TimeoutError:
            raise Unavailable from None

    async def _in_parts(self, message: Message, receive: Receive) -> bytes:
        """Counts what it holds: beyond BODIES_MAX_BYTES of all bodies together this one has to come again."""
        body = bytearray()
        try:
            while True:
                part: bytes = message.get("body", b"")
                body += part
                self.bytes_held += len(part)
                if not message.get("more_body", False):
                    return _checked(bytes(body))
                _checked(body)
                if self.bytes_held > BODIES_MAX_BYTES:
                    raise Unavailable
                message = await _part(receive)
        finally:
            self.bytes_held -= len(body)


Body = TypeVar("Body", bytes, bytearray)


def _checked(body: Body) -> Body:
    if len(body) > WEBHOOK_MAX_BYTES:
        raise TooLarge(max_bytes=WEBHOOK_MAX_BYTES)
    return body


async def _part(receive: Receive) -> Message:
    message = await receive()
    if message["type"] != "http.request":
        raise _Disconnected
    return message


hooks: Final = Hooks()

HOOK_ROUTES: Final = (
    Route("/hooks/{kind}", hooks, methods=["GET", "POST"]),
    Route("/hooks/{kind}/{key}", hooks, methods=["GET", "POST"]),
)
"""For the list of everything that can be reached; `hooks` reads the path itself."""


def _raw_request(scope: Scope, body: bytes, apps: Apps) -> RawRequest:
    query: bytes = scope["query_string"]
    return RawRequest(
        method=scope["method"],
        query=dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {},
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
        received_at=apps.database.clock.now(),
    )


def _receipt(kind: str, signer: SigningApp, scope: Scope, request: RawRequest) -> NewReceipt:
    """Keeps of the headers what a parser may need. A signature has done its work, and some are secrets."""
    query: bytes = scope["query_string"]
    return NewReceipt(
        kind=kind,
        app_id=signer.app_id,
        channel_id=signer.channel_id,
        query=query[:_QUERY_MAX].decode("latin-1") if query else "",
        headers={"content-type": request.headers.get("content-type", "")[:_HEADER_MAX]},
        body=request.body,
        received_at=request.received_at,
    )


# REST -------------------------------------------------------------------------------------------------------------

router = APIRouter(prefix="/api/v1", tags=["channels"])
SignedIn = Annotated[Principal, requires(SIGNED_IN)]
Looking = Annotated[Principal, requires(QUARANTINE_MANAGE)]
Managing = Annotated[Principal, requires(CHANNELS_MANAGE)]


@router.get("/channels")
async def list_channels(
    request: Request, principal: SignedIn, cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
) -> Page[ChannelOut]:
    """The firm's connected accounts and what each can do, by number."""
    after = decode_cursor(cursor, "channels", int)[0] if cursor else None
    channels = await in_tx(request, principal, lambda tx: service.list_channels(tx, after, limit + 1))
    more = encode_cursor("channels", channels[limit - 1].number) if len(channels) > limit else None
    return Page(items=[channel_out(channel) for channel in channels[:limit]], next_cursor=more)


@router.patch("/channels/{channel_id}")
async def change_channel(
    request: Request,
    principal: Managing,
    channel_id: UUID,
    given: ChannelChange,
) -> ChannelOut:
    """Changes what is given; `team_id` null: no team. A shorter time to keep files lets older ones go within the hour."""
    policy = None if given.media_policy is None else (given.media_policy.kind, given.media_policy.days)
    team_id = given.team_id if "team_id" in given.model_fields_set else changing.UNSET

    async def use_case(tx: Tx) -> Channel:
        return await changing.change_channel(tx, channel_id, name=given.name, team_id=team_id, media_policy=policy)

    return channel_out(await in_tx(request, principal, use_case))


@router.post("/channels/{channel_id}/resume")
async def resume_channel(request: Request, principal: Managing, channel_id: UUID) -> ChannelOut:
    """Lets a channel send again that was paused because its provider saw spam."""
    return channel_out(await in_tx(request, principal, lambda tx: service.resume_channel(tx, channel_id)))


@router.get("/quarantine")
async def list_quarantine(
    request: Request,
    principal: Looking,
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
    reason: Annotated[str | None, Query(max_length=80)] = None,
    waiting: bool = False,
) -> Page[QuarantineOut]:
    """What came for the firm's channels and could not be stored, newest first; of one reason, or what waits only."""
    after = decode_cursor(cursor, "quarantine", datetime, UUID) if cursor else None
    chosen = None if reason is None else storable(reason)
    parked = await in_tx(
        request,
        principal,
        lambda tx: quarantine.list_quarantine(tx, after, limit + 1, reason=chosen, waiting=waiting),
    )
    last = parked[limit - 1] if len(parked) > limit else None
    more = None if last is None else encode_cursor("quarantine", last.created_at, last.id)
    return Page(items=[_quarantined(one, request) for one in parked[:limit]], next_cursor=more)


@router.get("/quarantine/reasons")
async def list_quarantine_reasons(request: Request, principal: Looking) -> QuarantineReasonsOut:
    """What waits, counted by its reason."""
    counted = await in_tx(request, principal, quarantine.waiting_by_reason)
    return QuarantineReasonsOut(
        items=[
            QuarantineReasonOut(reason=reason, message=_reason(reason, request), waiting=waiting)
            for reason, waiting in counted
        ]
    )


@router.post("/quarantine/replay")
async def replay_quarantined_reason(
    request: Request, principal: Looking, chosen: QuarantineReplay
) -> QuarantineReplayedOut:
    """Puts the parts of one reason into the queue again, the oldest first and a few hundred at most."""
    actor, reason = actor_of(request, principal), storable(chosen.reason)
    done = await quarantine.replay_reason(database_of(request), principal.tenant_id, actor, reason)
    left = dict(await in_tx(request, principal, quarantine.waiting_by_reason))
    return QuarantineReplayedOut(replayed=done, waiting=left.get(reason, 0))


@router.post("/quarantine/{quarantine_id}/replay")
async def replay_quarantined(request: Request, principal: Looking, quarantine_id: UUID) -> QuarantineOut:
    """Puts one part into the queue again."""
    actor = actor_of(request, principal)
    parked = await quarantine.replay(database_of(request), principal.tenant_id, actor, quarantine_id)
    return _quarantined(parked, request)


def _quarantined(parked: Quarantine, request: Request) -> QuarantineOut:
    return QuarantineOut(
        id=parked.id,
        channel_kind=parked.kind,
        reason=parked.reason,
        message=_reason(parked.reason, request),
        raw=parked.raw[:_RAW_SHOWN_MAX].decode("utf-8", "replace"),
        created_at=parked.created_at,
        replayed_at=parked.replayed_at,
    )


def _reason(reason: str, request: Request) -> str:
    locale, code = negotiate(request.headers.get("accept-language")), f"quarantine_{reason}"
    return sentence(code if code in sentences(locale) else "quarantine_other", locale, {"reason": reason})
