"""Finds who wrote, by the addresses a provider gave, and makes a contact for whoever is new. Set-based: one batch at a time.

Nothing merges silently: two people that seem to be one become a suggestion.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from invekto.accounts.numbers import take_numbers
from invekto.channels.adapter import Sender
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import Connection
from invekto.kernel.text import search_key, sort_key, storable

_Key: TypeAlias = tuple[UUID, UUID, str, str]


class Raced(Exception):
    """Somebody else made the same row at the same moment: the whole transaction runs again and finds it."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote on which channel."""

    tenant_id: UUID
    channel_id: UUID
    sender: Sender

    def address_keys(self) -> list[_Key]:
        return [(self.tenant_id, self.channel_id, address.scheme, address.value) for address in self.sender.addresses]


@dataclass(slots=True)
class Known:
    """The identity and contact a writer turned out to be."""

    identity_id: UUID
    contact_id: UUID
    name: str
    name_source: str


@dataclass(slots=True)
class _New:
    writer: Writer
    identity_id: UUID = field(default_factory=uuid7)
    contact_id: UUID = field(default_factory=uuid7)


_FIND = """
select a.tenant_id, a.channel_id, a.scheme, a.value, i.id as identity_id, k.id as contact_id, k.name, k.name_source
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as wanted (tenant_id, channel_id, scheme, value)
  cross join lateral (
    select * from identity_address x
     where x.tenant_id = wanted.tenant_id and x.channel_id = wanted.channel_id
       and x.scheme = wanted.scheme and x.value = wanted.value
  ) a
  join identity i on i.tenant_id = a.tenant_id and i.id = a.identity_id
  join contact k on k.tenant_id = i.tenant_id and k.id = i.contact_id
"""


async def resolve_writers(connection: Connection, writers: Sequence[Writer], now: datetime) -> list[Known]:
    """The identity of each writer, in the same order; the unknown ones are made, with a contact of their own.

    On a conflict of addresses the first named wins (a BSUID before a phone) and a merge suggestion is kept.

    Raises:
        Raced: an address was taken between our look and our insert.
    """
    known = await _find(connection, {key for writer in writers for key in writer.address_keys()})
    fresh: dict[_Key, _New] = {}
    suggestions: set[tuple[UUID, UUID, UUID]] = set()
    addresses: dict[_Key, UUID] = {}
    for writer in writers:
        keys = writer.address_keys()
        found = [known[key] for key in keys if key in known]
        if found:
            owner = found[0]
            for other in found[1:]:
                if other.contact_id != owner.contact_id:
                    suggestions.add((writer.tenant_id, owner.contact_id, other.contact_id))
            new_identity = owner.identity_id
            for key in keys:
                if key not in known:
                    known[key] = owner
                    addresses[key] = new_identity
            continue
        new = next((fresh[key] for key in keys if key in fresh), None) or _New(writer)
        for key in keys:
            if key not in fresh:
                fresh[key] = new
                addresses[key] = new.identity_id
    if fresh:
        await _make(connection, list({id(new): new for new in fresh.values()}.values()), now)
        for key, new in fresh.items():
            known[key] = Known(new.identity_id, new.contact_id, _name(new.writer.sender), "profile")
    await _add_addresses(connection, addresses)
    await _suggest(connection, suggestions, now)
    return [known[writer.address_keys()[0]] for writer in writers]


async def _find(connection: Connection, keys: Iterable[_Key]) -> dict[_Key, Known]:
    wanted = sorted(keys)
    if not wanted:
        return {}
    rows = await connection.fetch(_FIND, *(list(column) for column in zip(*wanted, strict=True)))
    shared: dict[UUID, Known] = {}
    found: dict[_Key, Known] = {}
    for row in rows:
        one = shared.setdefault(
            row["identity_id"], Known(row["identity_id"], row["contact_id"], row["name"], row["name_source"])
        )
        found[row["tenant_id"], row["channel_id"], row["scheme"], row["value"]] = one
    return found


async def _make(connection: Connection, people: Sequence[_New], now: datetime) -> None:
    numbers = await take_numbers(connection, "contact", (new.writer.tenant_id for new in people))
    tenants = [new.writer.tenant_id for new in people]
    contact_ids = [new.contact_id for new in people]
    names = [_name(new.writer.sender) for new in people]
    phones = [new.writer.sender.phone for new in people]
    given = {tenant: iter(values) for tenant, values in numbers.items()}
    await connection.execute(
        "insert into contact (tenant_id, id, number, name, phone, search_key, sort_key, created_at, updated_at)"
        " select t, i, n, name, phone, s, o, $8, $8"
        " from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])"
        " as x (t, i, n, name, phone, s, o)",
        tenants,
        contact_ids,
        [next(given[tenant]) for tenant in tenants],
        names,
        phones,
        [search_key(name) for name in names],
        [sort_key(name) for name in names],
        now,
    )
    await connection.execute(
        "insert into identity (tenant_id, id, contact_id, channel_id, display, created_at)"
        " select *, $6 from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[])",
        tenants,
        [new.identity_id for new in people],
        contact_ids,
        [new.writer.channel_id for new in people],
        [
            storable(new.writer.sender.username or new.writer.sender.phone or name)
            for new, name in zip(people, names, strict=True)
        ],
        now,
    )
    # The same number on another channel of the firm may be the same person.
    await connection.execute(
        "insert into merge_suggestion (tenant_id, id, contact_id, other_contact_id, reason, created_at)"
        " select x.tenant_id, x.suggestion_id, k.id, x.contact_id, 'same_phone', $5"
        " from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[]) as x (tenant_id, contact_id, phone, suggestion_id)"
        " cross join lateral (select id from contact k where k.tenant_id = x.tenant_id and k.phone = x.phone"
        "                      and k.id <> x.contact_id order by k.id limit 1) k"
        " where x.phone is not null on conflict do nothing",
        tenants,
        contact_ids,
        phones,
        [uuid7() for _ in people],
        now,
    )


async def _add_addresses(connection: Connection, addresses: dict[_Key, UUID]) -> None:
    if not addresses:
        return
    ordered = sorted(addresses.items())
    columns = [list(column) for column in zip(*(key for key, _ in ordered), strict=True)]
    inserted = await connection.fetch(
        "insert into identity_address (tenant_id, channel_id, scheme, value, identity_id)"
        " select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[])"
        " on conflict do nothing returning 1",
        *columns,
        [identity_id for _, identity_id in ordered],
    )
    if len(inserted) != len(ordered):
        raise Raced


async def _suggest(connection: Connection, suggestions: set[tuple[UUID, UUID, UUID]], now: datetime) -> None:
    if not suggestions:
        return
    tenants, contacts, others = (list(column) for column in zip(*sorted(suggestions), strict=True))
    await connection.execute(
        "insert into merge_suggestion (tenant_id, id, contact_id, other_contact_id, reason, created_at)"
        " select t, i, a, b, 'address_conflict', $5"
        " from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) as x (t, i, a, b) on conflict do nothing",
        tenants,
        [uuid7() for _ in tenants],
        contacts,
        others,
        now,
    )


async def follow_profile_names(
    connection: Connection, seen: Sequence[tuple[UUID, Known, Sender]], now: datetime
) -> set[UUID]:
    """Takes over names that people changed in their profile, unless a user has named the contact. The contacts changed."""
    renamed: dict[UUID, tuple[UUID, str]] = {}
    for tenant_id, known, sender in seen:
        name = _name(sender)
        if known.name_source == "profile" and sender.display.strip() and name != known.name:
            renamed[known.contact_id] = (tenant_id, name)
    if not renamed:
        return set()
    ordered = sorted(renamed.items())
    names = [name for _, (_, name) in ordered]
    await connection.execute(
        "update contact k set name = x.name, search_key = x.s, sort_key = x.o, updated_at = $6, version = k.version + 1"
        " from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[]) as x (t, i, name, s, o)"
        " where k.tenant_id = x.t and k.id = x.i and k.name_source = 'profile'",
        [tenant for _, (tenant, _) in ordered],
        [contact for contact, _ in ordered],
        names,
        [search_key(name) for name in names],
        [sort_key(name) for name in names],
        now,
    )
    return set(renamed)


def _name(sender: Sender) -> str:
    """What people see: the profile's name, else the user name, else the number."""
    return storable(sender.display.strip() or sender.username or sender.phone or sender.addresses[0].value)
