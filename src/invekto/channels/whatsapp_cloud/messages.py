"""Messages, what changes them, and reports about ours: the fields `messages` and `smb_message_echoes`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from msgspec import Raw, Struct

from invekto.channels.adapter import (
    Address,
    AddressChanged,
    DeliveryReport,
    InboundEvent,
    InboundMessage,
    MessageEdited,
    MessageRevoked,
    ProviderNotice,
    ReactionRemoved,
    Sender,
)
from invekto.channels.whatsapp_cloud import payloads as shapes
from invekto.channels.whatsapp_cloud.content import Content, content_of, context_of
from invekto.channels.whatsapp_cloud.errors import class_of
from invekto.channels.whatsapp_cloud.payloads import Contact, Head, Status, read
from invekto.channels.whatsapp_cloud.places import Account, moment, unhandled
from invekto.channels.whatsapp_cloud.senders import addresses_of, sender_of
from invekto.kernel.text import preview, storable

_WINDOW: Final = timedelta(hours=24)

Delivery = Literal["sent", "delivered", "read", "failed"]
_STATUSES: Final[dict[str, Delivery]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
_SYSTEM: Final = {
    "user_changed_number": "number_changed",
    "customer_changed_number": "number_changed",
    "user_changed_user_id": "user_id_changed",
    "customer_identity_changed": "identity_changed",
}


class Edit(Struct):
    original_message_id: str
    message: Raw = Raw()


class EditMessage(Struct):
    edit: Edit


class Revoke(Struct):
    original_message_id: str


class RevokeMessage(Struct):
    revoke: Revoke


class System(Struct):
    """`body` is Meta's sentence in its own words; ours is made by the client from the action."""

    type: str
    body: str | None = None
    wa_id: shapes.Id = None
    new_wa_id: shapes.Id = None
    user_id: shapes.Id = None
    parent_user_id: shapes.Id = None
    previous_user_id: shapes.Id = None


class SystemMessage(Struct):
    system: System


def of_messages(account: Account) -> Iterator[InboundEvent]:
    """The parts of one change, each an event; errors that belong to no part are kept as they are."""
    value = account.value
    nothing = True
    for number, raw in enumerate(value.messages or ()):
        nothing = False
        yield read_message(account, "messages", number, raw)
    for number, raw in enumerate(value.statuses or ()):
        nothing = False
        yield _report(account, number, raw)
    if value.errors and bytes(value.errors) not in (b"null", b"[]") and nothing:
        yield ProviderNotice(
            account_key=account.key,
            kind="errors",
            occurred_at=account.received_at,
            path=account.place.path,
            raw_slice=account.place.whole(),
        )
    elif nothing:
        yield unhandled(account.place, account.key, "empty")


def of_echoes(account: Account) -> Iterator[InboundEvent]:
    """What the firm wrote in its own WhatsApp app."""
    if not account.value.message_echoes:
        yield unhandled(account.place, account.key, "empty")
    for number, raw in enumerate(account.value.message_echoes or ()):
        yield read_message(account, "message_echoes", number, raw, from_phone=True)


def _report(account: Account, number: int, raw: Raw) -> InboundEvent:
    status = read(raw, Status)
    if status is None or not status.id:
        return account.unhandled("statuses", number, raw, "status_malformed")
    at = moment(status.timestamp, account.received_at)
    path, raw_slice = account.path("statuses", number), account.alone("statuses", raw)
    known = _STATUSES.get(status.status)
    if known is None:
        kind = f"status.{preview(status.status, 40)}"
        return ProviderNotice(account_key=account.key, kind=kind, occurred_at=at, path=path, raw_slice=raw_slice)
    errors = (read(status.errors, list[shapes.Error]) if status.errors else None) or []
    first = errors[0] if errors and known == "failed" else None
    callback = status.biz_opaque_callback_data
    return DeliveryReport(
        account_key=account.key,
        provider_id=storable(status.id),
        status=known,
        occurred_at=at,
        path=path,
        raw_slice=raw_slice,
        callback_data=None if callback is None else storable(callback),
        error_code=None if known != "failed" else class_of(first.code).code if first else "provider_rejected",
        error_vendor_code=None if first is None else str(first.code),
        error_detail=None if first is None else first.detail,
    )


def read_message(account: Account, part: str, number: int, raw: Raw, *, from_phone: bool = False) -> InboundEvent:
    """One part of `messages` or `message_echoes`: a message, or what changes one."""
    head = read(raw, Head)
    if head is None or not head.id:
        return account.unhandled(part, number, raw, "message_malformed", contact=account.book.only)
    person = head if not from_phone else Head(id=head.id, from_=head.to, from_user_id=head.to_user_id)
    entry = account.book.entry_of(person)
    contact = None if entry is None else entry.raw
    path, raw_slice = account.path(part, number), account.alone(part, raw, contact)
    at = moment(head.timestamp, account.received_at)
    changed = _change(account.key, head, raw, at, path, raw_slice, from_phone=from_phone)
    if changed is not None:
        return changed
    if head.type in ("edit", "revoke"):
        return account.unhandled(part, number, raw, "message_malformed", head.type, contact)
    if head.group_id:
        return account.unhandled(part, number, raw, "group_not_handled", None, contact)
    sender = sender_of(person, None if entry is None else entry.contact)
    if sender is None:
        return account.unhandled(part, number, raw, "sender_missing", None, contact)
    content: Content | None
    if head.type == "system":
        found = _system(account, head, raw, sender, path, raw_slice)
        if isinstance(found, AddressChanged):
            return found
        content = found
    elif head.type == "request_welcome":
        content = Content("system", payload={"action": "chat_opened"}, quiet=True)
    else:
        content = content_of(head.type, raw)
    if content is None:
        return account.unhandled(part, number, raw, "type_not_handled", head.type, contact)
    return message_of(account, head, sender, content, at, path, raw_slice, from_phone=from_phone)


def message_of(
    account: Account,
    head: Head,
    sender: Sender,
    content: Content,
    at: datetime,
    path: str,
    raw_slice: bytes,
    *,
    from_phone: bool,
) -> InboundMessage:
    """A message as the boundary has it. What the firm wrote, and what is quiet, opens no window."""
    context = read(head.context, shapes.Context) if head.context else None
    opens = not content.quiet and not from_phone
    return InboundMessage(
        account_key=account.key,
        provider_id=storable(head.id),
        sender=sender,
        sent_at=at,
        type=content.type,
        path=path,
        raw_slice=raw_slice,
        text=content.text,
        payload=content.payload,
        raw=content.raw,
        attachments=content.attachments,
        reply_to_provider_id=content.about or (storable(context.id) if context and context.id else None),
        window_closes_at=at + _WINDOW if opens else None,
        quiet=content.quiet,
        context=context_of(head, context),
        from_phone=from_phone,
    )


def _change(
    key: str, head: Head, raw: Raw, at: Any, path: str, raw_slice: bytes, *, from_phone: bool
) -> MessageEdited | MessageRevoked | ReactionRemoved | None:
    common: dict[str, Any] = {
        "account_key": key,
        "provider_id": storable(head.id),
        "occurred_at": at,
        "path": path,
        "raw_slice": raw_slice,
        "from_phone": from_phone,
    }
    match head.type:
        case "edit":
            edit = read(raw, EditMessage)
            if edit is None or not edit.edit.original_message_id:
                return None
            inner = read(edit.edit.message, _Typed) if edit.edit.message else None
            said = None if inner is None else content_of(inner.type, edit.edit.message)
            if said is None or said.type == "unsupported":
                return None
            target = storable(edit.edit.original_message_id)
            return MessageEdited(target_provider_id=target, text=said.text, payload=said.payload, **common)
        case "revoke":
            revoke = read(raw, RevokeMessage)
            if revoke is None or not revoke.revoke.original_message_id:
                return None
            return MessageRevoked(target_provider_id=storable(revoke.revoke.original_message_id), **common)
        case "reaction":
            reaction = read(raw, shapes.ReactionMessage)
            if reaction is None or reaction.reaction.emoji or not reaction.reaction.message_id:
                return None
            return ReactionRemoved(target_provider_id=storable(reaction.reaction.message_id), **common)
        case _:
            return None


class _Typed(Struct):
    type: str = "unknown"


def _system(
    account: Account, head: Head, raw: Raw, sender: Sender, path: str, raw_slice: bytes
) -> AddressChanged | Content | None:
    message = read(raw, SystemMessage)
    action = None if message is None else _SYSTEM.get(message.system.type)
    if message is None or action is None:
        return None
    system = message.system
    now = Contact(wa_id=system.wa_id or system.new_wa_id, user_id=system.user_id, parent_user_id=system.parent_user_id)
    addresses = addresses_of(Head(id=head.id), now)
    if action == "identity_changed" or not addresses:
        return Content("system", payload={"action": action}, quiet=True)
    if system.previous_user_id:
        # They are known by it if we ever heard it.
        old = addresses_of(Head(id=head.id, from_=head.from_, from_user_id=system.previous_user_id), Contact())
        sender = Sender(addresses=old or sender.addresses, display=sender.display, phone=sender.phone)
    return AddressChanged(
        account_key=account.key,
        provider_id=storable(head.id),
        sender=sender,
        addresses=addresses,
        occurred_at=moment(head.timestamp, account.received_at),
        path=path,
        raw_slice=raw_slice,
        action=action,
        said=change_said(action, sender.addresses, addresses),
    )


def change_said(action: str, old: tuple[Address, ...], new: tuple[Address, ...]) -> dict[str, Any]:
    """`from` and `to` of the quiet line, where a number is what changed; ids say nothing to people."""
    if action != "number_changed":
        return {}
    found = {"from": _phone_in(old), "to": _phone_in(new)}
    return {name: value for name, value in found.items() if value}


def _phone_in(addresses: tuple[Address, ...]) -> str | None:
    return next((one.value for one in addresses if one.scheme == "phone"), None)
