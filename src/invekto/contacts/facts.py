"""What providers tell about people besides their messages: where they came from, new addresses, consent, names. Set-based."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from invekto.channels.adapter import AddressChanged, PreferenceChanged
from invekto.contacts.identities import Key, Known, Writer, find_identities, suggest_conflicts
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import Connection
from invekto.kernel.text import search_key, sort_key, storable


@dataclass(frozen=True, slots=True)
class Touch:
    """The advertisement that a contact came by."""

    tenant_id: UUID
    contact_id: UUID
    referral: object
    at: datetime


async def note_first_touch(connection: Connection, touches: Sequence[Touch]) -> None:
    """Remembers the first one of each contact, and never another."""
    first: dict[UUID, Touch] = {}
    for touch in touches:
        if touch.contact_id not in first or touch.at < first[touch.contact_id].at:
            first[touch.contact_id] = touch
    if not first:
        return
    ordered = [first[key] for key in sorted(first)]
    await connection.execute(
        "update contact k set first_touch = x.referral, first_touch_at = x.at"
        " from unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::timestamptz[]) as x (tenant_id, id, referral, at)"
        " where k.tenant_id = x.tenant_id and k.id = x.id and k.first_touch_at is null",
        [one.tenant_id for one in ordered],
        [one.contact_id for one in ordered],
        [json.dumps(one.referral, ensure_ascii=False) for one in ordered],
        [one.at for one in ordered],
    )


async def note_known_since(connection: Connection, known: Sequence[tuple[UUID, UUID, datetime]]) -> None:
    """Contacts (tenant, contact) that were made of what is older than their row are as old as that."""
    await connection.execute(
        "update contact k set created_at = x.at"
        " from (select t, i, min(a) as at from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as x (t, i, a)"
        "        group by t, i order by t, i) x"
        " where k.tenant_id = x.t and k.id = x.i and k.created_at > x.at",
        *(list(column) for column in zip(*known, strict=True)),
    )


async def note_consent(
    connection: Connection, said: Sequence[tuple[UUID, Known, PreferenceChanged]], now: datetime
) -> None:
    """Adds to the ledger; nothing in it is ever changed."""
    if not said:
        return
    await connection.execute(
        "insert into consent_entry (tenant_id, id, identity_id, category, wanted, source, detail, occurred_at, created_at)"
        " select t, i, y, c, w, 'provider', d, o, $8 from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[],"
        " $5::bool[], $6::text[], $7::timestamptz[]) as x (t, i, y, c, w, d, o)",
        [tenant for tenant, _, _ in said],
        [uuid7() for _ in said],
        [known.identity_id for _, known, _ in said],
        [event.category for _, _, event in said],
        [event.wanted for _, _, event in said],
        [event.detail for _, _, event in said],
        [event.occurred_at for _, _, event in said],
        now,
    )


async def note_refused_marketing(
    connection: Connection, refused: Sequence[tuple[UUID, UUID, datetime]], now: datetime
) -> None:
    """A provider refused a message because these people, (tenant, identity, when), want no advertising: a row of the ledger,
    unless that is known already. The role is ingest's or delivery's."""
    latest = {(tenant, identity): at for tenant, identity, at in refused}
    if not latest:
        return
    ordered = sorted(latest.items())
    await connection.execute(
        "insert into consent_entry (tenant_id, id, identity_id, category, wanted, source, detail, occurred_at, created_at)"
        " select x.t, x.i, x.y, 'marketing', false, 'provider', 'refused', x.o, $5"
        " from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[]) as x (t, i, y, o)"
        " where coalesce((select e.wanted from consent_entry e where e.tenant_id = x.t and e.identity_id = x.y"
        "  and e.category = 'marketing' order by e.occurred_at desc limit 1), true)",
        [tenant for (tenant, _), _ in ordered],
        [uuid7() for _ in ordered],
        [identity for (_, identity), _ in ordered],
        [at for _, at in ordered],
        now,
    )


# Addresses --------------------------------------------------------------------------------------------------------


async def move_addresses(
    connection: Connection, changes: Sequence[tuple[UUID, UUID, Known, AddressChanged]], now: datetime
) -> set[UUID]:
    """People are reached by other addresses: (tenant, channel, who, what changed). The contacts whose number changed.

    The old address of the same scheme gives way, because its next holder is somebody else. A new address that another
    identity has stays there, and the two contacts become a merge suggestion: nothing merges silently.
    """
    if not changes:
        return set()
    wanted: set[Key] = {
        (tenant, channel, one.scheme, one.value) for tenant, channel, _, event in changes for one in event.addresses
    }
    owners = await find_identities(connection, wanted)
    renamed: dict[Key, tuple[UUID, str | None]] = {}
    suggestions: set[tuple[UUID, UUID, UUID]] = set()
    phones: dict[UUID, tuple[UUID, str | None, str]] = {}
    for tenant, channel, known, event in changes:
        for address in event.addresses:
            key = (tenant, channel, address.scheme, address.value)
            owner = owners.get(key)
            if owner is not None and owner.identity_id != known.identity_id:
                if owner.contact_id != known.contact_id:
                    first, second = sorted((owner.contact_id, known.contact_id))
                    suggestions.add((tenant, first, second))
                continue
            former = next((one.value for one in event.sender.addresses if one.scheme == address.scheme), None)
            if owner is None:
                owners[key] = known
                renamed[key] = (known.identity_id, former)
            if address.scheme == "phone":
                phones[known.contact_id] = (tenant, former, address.value)
    await _rename(connection, renamed)
    await suggest_conflicts(connection, suggestions, now)
    return await _renumber(connection, phones, now)


async def _rename(connection: Connection, renamed: dict[Key, tuple[UUID, str | None]]) -> None:
    """An address takes the place of the former one, or is added where there was none."""
    if not renamed:
        return
    ordered = sorted(renamed.items(), key=lambda pair: pair[0])
    tenants, channels, schemes, values = (list(column) for column in zip(*(key for key, _ in ordered), strict=True))
    await connection.execute(
        "with wanted as (select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[])"
        "  as x (tenant_id, channel_id, scheme, value, identity_id, former)),"
        " moved as (update identity_address a set value = wanted.value from wanted"
        "  where a.tenant_id = wanted.tenant_id and a.channel_id = wanted.channel_id and a.scheme = wanted.scheme"
        "  and a.value = wanted.former and a.identity_id = wanted.identity_id"
        "  returning a.tenant_id, a.channel_id, a.scheme, a.value)"
        " insert into identity_address (tenant_id, channel_id, scheme, value, identity_id)"
        " select tenant_id, channel_id, scheme, value, identity_id from wanted"
        "  where not exists (select from moved where moved.tenant_id = wanted.tenant_id"
        "   and moved.channel_id = wanted.channel_id and moved.scheme = wanted.scheme and moved.value = wanted.value)",
        tenants,
        channels,
        schemes,
        values,
        [identity for _, (identity, _) in ordered],
        [former for _, (_, former) in ordered],
    )


async def _renumber(
    connection: Connection, phones: dict[UUID, tuple[UUID, str | None, str]], now: datetime
) -> set[UUID]:
    """The contact's shown number follows, if it was the one that changed."""
    if not phones:
        return set()
    ordered = sorted(phones.items())
    rows = await connection.fetch(
        "update contact k set phone = x.phone, version = k.version + 1, updated_at = $5"
        " from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as x (tenant_id, id, former, phone)"
        " where k.tenant_id = x.tenant_id and k.id = x.id and (k.phone is null or k.phone = x.former)"
        " and k.phone is distinct from x.phone returning k.id",
        [tenant for _, (tenant, _, _) in ordered],
        [contact for contact, _ in ordered],
        [former for _, (_, former, _) in ordered],
        [phone for _, (_, _, phone) in ordered],
        now,
    )
    return {row["id"] for row in rows}


# The firm's address book ------------------------------------------------------------------------------------------


async def name_from_address_book(
    connection: Connection, named: Sequence[tuple[Writer, Known]], now: datetime
) -> set[UUID]:
    """What the firm calls people on its phone, unless a user has named them here. The contacts changed."""
    latest = {
        known.contact_id: (writer.tenant_id, storable(writer.sender.display)[:200])
        for writer, known in named
        if writer.sender.display not in {address.value for address in writer.sender.addresses}
    }
    if not latest:
        return set()
    ordered = sorted(latest.items())
    names = [name for _, (_, name) in ordered]
    rows = await connection.fetch(
        "update contact k set name = x.name, name_source = 'phone', search_key = x.s, sort_key = x.o,"
        " version = k.version + 1, updated_at = $6"
        " from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[]) as x (tenant_id, id, name, s, o)"
        " where k.tenant_id = x.tenant_id and k.id = x.id and k.name_source <> 'user'"
        " and (k.name <> x.name or k.name_source <> 'phone') returning k.id",
        [tenant for _, (tenant, _) in ordered],
        [contact for contact, _ in ordered],
        names,
        [search_key(name) for name in names],
        [sort_key(name) for name in names],
        now,
    )
    return {row["id"] for row in rows}
