"""What comes when a number is shared with the WhatsApp Business app: its earlier talks, and the phone's address book.

Shapes [D], with parts [K]: README.md. Talks come in chunks, newest first; files follow later under the same message ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec
from msgspec import Raw, Struct

from invekto.channels.adapter import (
    ChannelUpdated,
    ContactSynced,
    HistoryMessage,
    InboundEvent,
    ProviderNotice,
)
from invekto.channels.whatsapp_cloud import payloads as shapes
from invekto.channels.whatsapp_cloud.content import Content, content_of
from invekto.channels.whatsapp_cloud.messages import message_of
from invekto.channels.whatsapp_cloud.payloads import Contact, Head, Id, Profile, read
from invekto.channels.whatsapp_cloud.places import Account, each_part, moment, unhandled
from invekto.channels.whatsapp_cloud.senders import digits_of, sender_of

Status = Literal["sent", "delivered", "read", "failed"]
_STATUSES: Final[dict[str, Status]] = {
    "DELIVERED": "delivered",
    "READ": "read",
    "PLAYED": "read",
    "ERROR": "failed",
    "FAILED": "failed",
}
_PLACEHOLDER: Final = "media_placeholder"


class Chunk(Struct):
    threads: list[Raw] = []
    metadata: Raw = Raw()
    errors: Raw = Raw()


class Progress(Struct):
    """`progress` in percent; chunks overtake each other."""

    phase: int | None = None
    progress: int | None = None


class Thread(Struct):
    """`id` is the person's number."""

    id: Id = None
    messages: list[Raw] = []
    context: Raw = Raw()


class ThreadContext(Struct):
    wa_id: Id = None
    user_id: Id = None
    username: str | None = None


class HistoryContext(Struct):
    status: str | None = None


class HistoryHead(Struct):
    history_context: Raw = Raw()


class History(Struct):
    history: list[Raw]


class BookEntryContact(Struct):
    full_name: str | None = None
    first_name: str | None = None
    phone_number: Id = None
    user_id: Id = None


class StateMetadata(Struct):
    timestamp: Any = None


class State(Struct):
    type: str
    action: str = "add"
    contact: BookEntryContact | None = None
    metadata: StateMetadata | None = None


class StateSync(Struct):
    state_sync: list[Raw]


def of_history(account: Account) -> Iterator[InboundEvent]:
    """Earlier messages, each an event, and how far the phone has come. A refusal (2593109: the firm shares no history) is
    the channel's health."""
    assert account.place.change is not None
    value = read(account.place.change.value, History)
    chunks = [] if value is None else value.history
    nothing = True
    for number, raw in enumerate(chunks):
        chunk = read(raw, Chunk)
        if chunk is None:
            nothing = False
            yield account.unhandled("history", number, raw, "change_malformed")
            continue
        for event in _of_chunk(account, number, chunk):
            nothing = False
            yield event
    # Files that follow: whole messages, with the person's number in `from` or `to`.
    for number, raw in enumerate(account.value.messages or ()):
        nothing = False
        yield _following(account, number, raw)
    if nothing:
        yield ProviderNotice(
            account_key=account.key,
            kind="history",
            occurred_at=account.received_at,
            path=account.place.path,
            raw_slice=account.place.whole(),
        )


def _of_chunk(account: Account, number: int, chunk: Chunk) -> Iterator[InboundEvent]:
    for place, raw_thread in enumerate(chunk.threads):
        thread = read(raw_thread, Thread)
        path = f"{account.path('history', number)}.threads[{place}]"
        if thread is None:
            yield account.unhandled("history", number, _alone(raw_thread), "change_malformed")
            continue
        for index, raw in enumerate(thread.messages):
            part = _alone(Raw(_thread_alone(thread, raw)))
            yield _past(account, thread, raw, f"{path}.messages[{index}]", account.alone("history", part))
    said = _refusal(chunk) or _progress(chunk)
    if said is not None:
        health, part = said
        yield ChannelUpdated(
            account_key=account.key,
            occurred_at=account.received_at,
            path=account.path("history", number),
            raw_slice=account.alone("history", part),
            kind="history",
            health=health,
            parent=False,
        )


def _refusal(chunk: Chunk) -> tuple[dict[str, Any], Raw] | None:
    errors = read(chunk.errors, list[shapes.Error]) if chunk.errors else None
    if not errors:
        return None
    health = {"state": "refused", "code": str(errors[0].code), "text": errors[0].detail[:300]}
    return health, Raw(b'{"errors":%b}' % bytes(chunk.errors))


def _progress(chunk: Chunk) -> tuple[dict[str, Any], Raw] | None:
    told = read(chunk.metadata, Progress) if chunk.metadata else None
    if told is None or told.progress is None or not 0 <= told.progress <= 100:
        return None
    state = "imported" if told.progress == 100 else "importing"
    return {"state": state, "progress": told.progress}, Raw(b'{"metadata":%b}' % bytes(chunk.metadata))


def _thread_alone(thread: Thread, raw: Raw) -> bytes:
    context = b'"context":%b,' % bytes(thread.context) if thread.context else b""
    return b'{"id":%b,%b"messages":[%b]}' % (msgspec.json.encode(thread.id), context, bytes(raw))


def _alone(thread: Raw) -> Raw:
    return Raw(b'{"threads":[%b]}' % bytes(thread))


def _past(account: Account, thread: Thread, raw: Raw, path: str, raw_slice: bytes) -> InboundEvent:
    known = (read(thread.context, ThreadContext) if thread.context else None) or ThreadContext()
    person = Head(id="-", from_=thread.id or known.wa_id, from_user_id=known.user_id)
    profile = Profile(username=known.username) if known.username else None
    head = read(raw, Head)
    ours = head is not None and digits_of(head.from_) not in (None, digits_of(thread.id), digits_of(known.wa_id))
    return _message(account, head, raw, person, Contact(profile=profile), path, raw_slice, ours=ours)


class Shown(Struct):
    display_phone_number: str | None = None


def _is_ours(account: Account, head: Head) -> bool:
    """Whether the firm wrote it: by its number, or where that is not told, because it names whom it is to."""
    shown = read(account.value.metadata, Shown)
    number = None if shown is None else digits_of(shown.display_phone_number)
    return bool(head.to) if number is None else digits_of(head.from_) == number


def _following(account: Account, number: int, raw: Raw) -> InboundEvent:
    head = read(raw, Head)
    ours = head is not None and _is_ours(account, head)
    person = Head(id="-")
    if head is not None:
        user_id = head.to_user_id if ours else head.from_user_id
        person = Head(id="-", from_=head.to if ours else head.from_, from_user_id=user_id)
    path, raw_slice = account.path("messages", number), account.alone("messages", raw)
    return _message(account, head, raw, person, Contact(), path, raw_slice, ours=ours)


def _message(
    account: Account,
    head: Head | None,
    raw: Raw,
    person: Head,
    contact: Contact,
    path: str,
    raw_slice: bytes,
    *,
    ours: bool,
) -> InboundEvent:
    sender = sender_of(person, contact)
    content = None if head is None or not head.id else _content(head, raw)
    if head is None or not head.id or sender is None or content is None:
        reason = "message_malformed" if head is None or not head.id else "sender_missing"
        return _unreadable(account, path, raw_slice, "type_not_handled" if content is None and sender else reason)
    at = moment(head.timestamp, account.received_at)
    given = read(raw, HistoryHead)
    status = read(given.history_context, HistoryContext) if given is not None and given.history_context else None
    return HistoryMessage(
        account_key=account.key,
        message=message_of(account, head, sender, content, at, path, raw_slice, from_phone=ours),
        occurred_at=at,
        path=path,
        raw_slice=raw_slice,
        status=_STATUSES.get((status.status or "").upper(), "sent") if status is not None else "sent",
        placeholder=head.type == _PLACEHOLDER,
    )


def _content(head: Head, raw: Raw) -> Content | None:
    if head.type == _PLACEHOLDER:
        return Content("unsupported", raw={"type": _PLACEHOLDER})
    return content_of(head.type, raw)


def _unreadable(account: Account, path: str, raw_slice: bytes, reason: str) -> InboundEvent:
    """A part of a chunk that cannot be read."""
    return msgspec.structs.replace(unhandled(account.place, account.key, reason), path=path, raw_slice=raw_slice)


def of_address_book(account: Account) -> Iterator[InboundEvent]:
    """Who is in the phone's address book, and who was taken out of it."""
    return each_part(account, StateSync, lambda value: value.state_sync, _entry)


def _entry(account: Account, number: int, raw: Raw) -> InboundEvent:
    part = "state_sync"
    state = read(raw, State)
    if state is None:
        return account.unhandled(part, number, raw, "change_malformed")
    given = state.contact or BookEntryContact()
    profile = Profile(name=given.full_name or given.first_name)
    sender = sender_of(Head(id="-", from_=given.phone_number, from_user_id=given.user_id), Contact(profile=profile))
    at = moment(state.metadata.timestamp if state.metadata else None, account.received_at)
    path, raw_slice = account.path(part, number), account.alone(part, raw)
    if sender is None or state.type != "contact":
        kind = "smb_app_state_sync"
        return ProviderNotice(account_key=account.key, kind=kind, occurred_at=at, path=path, raw_slice=raw_slice)
    return ContactSynced(
        account_key=account.key,
        sender=sender,
        removed=state.action == "remove",
        occurred_at=at,
        path=path,
        raw_slice=raw_slice,
    )
