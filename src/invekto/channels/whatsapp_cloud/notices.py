"""What Meta says of people's wishes and of the firm's accounts: preferences, ids, calls, templates, quality, limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from msgspec import Raw, Struct

from invekto.channels.adapter import (
    AddressChanged,
    CallEvent,
    ChannelUpdated,
    InboundEvent,
    PreferenceChanged,
    ProviderNotice,
    TemplateUpdated,
)
from invekto.channels.whatsapp_cloud.messages import change_said
from invekto.channels.whatsapp_cloud.payloads import Contact, Head, Id, raw_object, read
from invekto.channels.whatsapp_cloud.places import Account, Place, each_part, moment, parent_of, said_at, unhandled
from invekto.channels.whatsapp_cloud.senders import addresses_of, digits_of, sender_of
from invekto.kernel.text import preview, storable

_CATEGORIES: Final = {"marketing_messages": "marketing"}
_TEXT_MAX: Final = 300
_HEALTH_MAX: Final = 2_000
_TEMPLATES: Final = frozenset(
    {
        "message_template_status_update",
        "template_category_update",
        "message_template_quality_update",
        "message_template_components_update",
    }
)
# Another category may come with other parts: a marketing template's are not those of an authentication's.
_REWRITES: Final = frozenset({"message_template_components_update", "template_category_update"})
_ACCOUNTS: Final = frozenset(
    {
        "phone_number_quality_update",
        "phone_number_name_update",
        "business_capability_update",
        "business_status_update",
        "account_update",
        "account_review_update",
        "account_alerts",
        "security",
    }
)
# The webhook tells a fall and its end; the words are those of the number's `quality_rating`.
_QUALITIES: Final = {"FLAGGED": "RED", "UNFLAGGED": "UNKNOWN"}


class Preference(Struct):
    value: str
    category: str = "marketing_messages"
    wa_id: Id = None
    user_id: Id = None
    detail: str | None = None
    timestamp: Any = None


class UserIds(Struct):
    previous: Id = None
    current: Id = None


class UserIdUpdate(Struct):
    """[K] `user_id` and `parent_user_id` hold what was and what is."""

    wa_id: Id = None
    user_id: UserIds | None = None
    parent_user_id: UserIds | None = None
    timestamp: Any = None


class Call(Struct):
    id: str
    event: str = "unknown"
    timestamp: Any = None


class Template(Struct):
    message_template_id: str | int
    message_template_name: str | None = None
    message_template_language: str | None = None
    message_template_category: str | None = None
    event: str | None = None
    reason: str | None = None
    new_category: str | None = None
    new_quality_score: str | None = None


class Number(Struct):
    """What account webhooks have in common, as far as we use it."""

    display_phone_number: str | None = None
    phone_number: Id = None
    event: str | None = None
    current_limit: str | None = None
    max_daily_conversations_per_business: str | int | None = None
    max_daily_conversation_per_phone: str | int | None = None


class Preferences(Struct):
    user_preferences: list[Raw]


class UserIdUpdates(Struct):
    user_id_update: list[Raw]


class Calls(Struct):
    calls: list[Raw]


# People -----------------------------------------------------------------------------------------------------------


def of_preferences(account: Account) -> Iterator[InboundEvent]:
    """Who wants no marketing any more, or wants it again."""
    return each_part(account, Preferences, lambda value: value.user_preferences, _preference)


def _preference(account: Account, number: int, raw: Raw) -> InboundEvent:
    given = read(raw, Preference)
    who = None if given is None else Head(id="-", from_=given.wa_id, from_user_id=given.user_id)
    entry = None if who is None else account.book.entry_of(who)
    sender = None if who is None else sender_of(who, None if entry is None else entry.contact)
    contact = None if entry is None else entry.raw
    if given is None or sender is None:
        return account.unhandled("user_preferences", number, raw, "change_malformed", None, contact)
    at = moment(given.timestamp, account.received_at)
    path, raw_slice = account.path("user_preferences", number), account.alone("user_preferences", raw, contact)
    wanted = {"stop": False, "resume": True, "signup": True}.get(given.value.lower())
    if wanted is None:
        kind = "user_preferences"
        return ProviderNotice(account_key=account.key, kind=kind, occurred_at=at, path=path, raw_slice=raw_slice)
    category = _CATEGORIES.get(given.category, preview(given.category, 60))
    return PreferenceChanged(
        account_key=account.key,
        # Meta gives the event no id: who, what and when are one.
        provider_id=f"preference.{category}.{sender.addresses[0].value}.{given.value.lower()}.{int(at.timestamp())}",
        sender=sender,
        category=category,
        wanted=wanted,
        occurred_at=at,
        path=path,
        raw_slice=raw_slice,
        detail=storable(given.detail)[:_TEXT_MAX] if given.detail else None,
    )


def of_user_ids(account: Account) -> Iterator[InboundEvent]:
    """Business-scoped ids that were exchanged for others."""
    return each_part(account, UserIdUpdates, lambda value: value.user_id_update, _user_id)


def _user_id(account: Account, number: int, raw: Raw) -> InboundEvent:
    part = "user_id_update"
    given = read(raw, UserIdUpdate)
    if given is None:
        return account.unhandled(part, number, raw, "change_malformed")
    ids, parents = given.user_id or UserIds(), given.parent_user_id or UserIds()
    before = Head(id="-", from_=given.wa_id, from_user_id=ids.previous, from_parent_user_id=parents.previous)
    sender = sender_of(before, None)
    now = addresses_of(Head(id="-"), Contact(user_id=ids.current, parent_user_id=parents.current))
    if sender is None or not now:
        return account.unhandled(part, number, raw, "change_malformed")
    at = moment(given.timestamp, account.received_at)
    return AddressChanged(
        account_key=account.key,
        provider_id=f"{part}.{sender.addresses[0].value}.{now[0].value}",
        sender=sender,
        addresses=now,
        occurred_at=at,
        path=account.path(part, number),
        raw_slice=account.alone(part, raw),
        action="user_id_changed",
        said=change_said("user_id_changed", sender.addresses, now),
    )


def of_calls(account: Account) -> Iterator[InboundEvent]:
    """Calls, and statuses of calls, kept until they are answered here."""
    assert account.place.change is not None
    value = read(account.place.change.value, Calls)
    calls = [] if value is None else value.calls
    if not calls:
        yield _notice(account, "calls", account.received_at)
    for number, raw in enumerate(calls):
        call = read(raw, Call)
        if call is None or not call.id:
            yield account.unhandled("calls", number, raw, "change_malformed", None, account.book.only)
            continue
        yield CallEvent(
            account_key=account.key,
            call_id=storable(call.id),
            event=preview(call.event, 60),
            occurred_at=moment(call.timestamp, account.received_at),
            path=account.path("calls", number),
            raw_slice=account.alone("calls", raw, account.book.only),
        )


def _notice(account: Account, kind: str, at: datetime) -> ProviderNotice:
    place = account.place
    return ProviderNotice(account_key=account.key, kind=kind, occurred_at=at, path=place.path, raw_slice=place.whole())


# Accounts ---------------------------------------------------------------------------------------------------------


def of_parent(place: Place, field: str, number_key: str | None, received_at: datetime) -> InboundEvent:
    """Any other field: of the account above the number, unless the change names a number."""
    assert place.change is not None
    parent = parent_of(place)
    at = said_at(place, received_at)
    raw = place.change.value
    said = raw_object(raw)
    found: InboundEvent | None = None
    if said is None:
        return unhandled(place, number_key, "change_malformed", field)
    if parent is not None and field in _TEMPLATES:
        found = _template(place, parent, field, at)
    elif (parent or number_key) and field in _ACCOUNTS:
        found = _account(place, parent, number_key, field, said, at)
    if found is not None:
        return found
    key = number_key or parent
    if key is None:
        return unhandled(place, None, "account_missing", field)
    return ProviderNotice(
        account_key=key,
        kind=preview(field, 60),
        occurred_at=at,
        path=place.path,
        raw_slice=place.whole(),
        parent=number_key is None,
    )


def _template(place: Place, parent: str, field: str, at: datetime) -> TemplateUpdated | None:
    assert place.change is not None
    given = read(place.change.value, Template)
    if given is None:
        return None
    status = _short(given.event) if field == "message_template_status_update" else None
    reason = _short(given.reason)
    return TemplateUpdated(
        account_key=parent,
        template_key=storable(str(given.message_template_id))[:100],
        occurred_at=at,
        path=place.path,
        raw_slice=place.whole(),
        name=_short(given.message_template_name),
        language=_short(given.message_template_language),
        status=status,
        category=_short(given.new_category or given.message_template_category),
        quality=_short(given.new_quality_score),
        reason=None if reason in (None, "NONE") else reason,
        rewritten=field in _REWRITES,
    )


def _account(
    place: Place, parent: str | None, number_key: str | None, field: str, said: dict[str, Any], at: datetime
) -> ChannelUpdated | None:
    assert place.change is not None
    given = read(place.change.value, Number)
    if given is None:
        return None
    limit = given.current_limit or given.max_daily_conversations_per_business or given.max_daily_conversation_per_phone
    return ChannelUpdated(
        account_key=number_key or parent or "",
        occurred_at=at,
        path=place.path,
        raw_slice=place.whole(),
        kind=field,
        health=_small(said),
        address=None if number_key else digits_of(given.display_phone_number or given.phone_number),
        parent=number_key is None,
        quality=_QUALITIES.get(given.event or "") if field == "phone_number_quality_update" else None,
        messaging_limit=None if limit is None else preview(str(limit), 60),
    )


def _small(said: dict[str, Any]) -> dict[str, Any]:
    """The whole of a small event; of a large one what is a plain value."""
    if len(json.dumps(said, ensure_ascii=False, default=str)) <= _HEALTH_MAX:
        return said
    plain = {name: value for name, value in said.items() if isinstance(value, str | int | float | bool)}
    return {name: value[:_TEXT_MAX] if isinstance(value, str) else value for name, value in list(plain.items())[:20]}


def _short(given: str | None) -> str | None:
    return storable(given)[:_TEXT_MAX] if given else None
