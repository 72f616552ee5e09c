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

Key: TypeAlias = tuple[UUID, UUID, str, str]


class Raced(Exception):
    """Somebody else made the same row at the same moment: the whole transaction runs again and finds it."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote on which channel."""

    tenant_id: UUID
    channel_id: UUID
    sender: Sender

    def address_keys(self) -> list[Key]:
        return [(self.tenant_id, self.channel_id, address.scheme, address.value) for address in self.sender.addresses]


@dataclass(slots=True, eq=False)
class Known:
    """The identity and contact a writer turned out to be. `schemes`: of those of its addresses that were looked at."""

    identity_id: UUID
    contact_id: UUID
    name: str
    name_source: str
    phone: str | None
    schemes: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class _Claims:
    """Who has which address, while a batch is gone through: found ones and those that the batch adds."""

    owners: dict[Key, Known]
    made: list[tuple[Writer, Known]] = field(default_factory=list)
    added: dict[Key, UUID] = field(default_factory=dict)
    moved: dict[Key, UUID] = field(default_factory=dict)
    suggestions: set[tuple[UUID, UUID, UUID]] = field(default_factory=set)

    def settle(self, writer: Writer) -> Known:
        """The writer's identity; what they are known by from now on is noted."""
        keys = writer.address_keys()
        trusted = writer.sender.addresses[0].scheme
        owner = self.owners.get(keys[0]) or self._without(trusted, keys[1:]) or self._new(writer)
        for key in keys:
            other = self.owners.get(key)
            if other is owner:
                continue
            if other is not None:
                if other.contact_id != owner.contact_id:
                    first, second = sorted((owner.contact_id, other.contact_id))
                    self.suggestions.add((writer.tenant_id, first, second))
                if trusted not in other.schemes:
                    continue
                # Its former holder is known by something better: what is sent there must not reach the new one.
                if key in self.added:
                    self.added[key] = owner.identity_id
                else:
                    self.moved[key] = owner.identity_id
            else:
                self.added[key] = owner.identity_id
            self.owners[key] = owner
            owner.schemes.add(key[2])
        return owner

    def _without(self, trusted: str, keys: Iterable[Key]) -> Known | None:
        """Somebody whose trusted address we had not been told yet. One who has another is somebody else."""
        found = (self.owners[key] for key in keys if key in self.owners)
        return next((one for one in found if trusted not in one.schemes), None)

    def _new(self, writer: Writer) -> Known:
        made = Known(uuid7(), uuid7(), _name(writer.sender), "profile", writer.sender.phone)
        self.made.append((writer, made))
        return made


# `limit 1` on unique keys keeps each probe a probe: without it the planner joins the tables while they have no statistics.
_FIND = """
select a.tenant_id, a.channel_id, a.scheme, a.value, i.id as identity_id, k.id as contact_id, k.name, k.name_source, k.phone
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as wanted (tenant_id, channel_id, scheme, value)
  cross join lateral (
    select * from identity_address x
     where x.tenant_id = wanted.tenant_id and x.channel_id = wanted.channel_id
       and x.scheme = wanted.scheme and x.value = wanted.value
     limit 1
  ) a
  cross join lateral (select * from identity x where x.tenant_id = a.tenant_id and x.id = a.identity_id limit 1) i
  cross join lateral (select * from contact x where x.tenant_id = i.tenant_id and x.id = i.contact_id limit 1) k
"""


async def resolve_writers(connection: Connection, writers: Sequence[Writer], now: datetime) -> list[Known]:
    """The identity of each writer, in the same order; the unknown ones are made, with a contact of their own.

    A conflict goes to the address named first (a BSUID before a phone) and leaves a merge suggestion. An address that
    another identity has stays there, unless that one has a first address of its own: then it changed hands, and moves.

    Raises:
        Raced: an address was taken between our look and our insert.
    """
    claims = _Claims(await find_identities(connection, {key for writer in writers for key in writer.address_keys()}))
    await _ask_schemes(connection, writers, claims.owners)
    people = [claims.settle(writer) for writer in writers]
    if claims.made:
        await _make(connection, claims.made, now)
    await _add_addresses(connection, claims.added)
    await _move_addresses(connection, claims.moved)
    await suggest_conflicts(connection, claims.suggestions, now)
    await _suggest_same_phone(
        connection, [(writer.tenant_id, one.contact_id, one.phone) for writer, one in claims.made], now
    )
    return people


async def find_identities(connection: Connection, keys: Iterable[Key]) -> dict[Key, Known]:
    """Who has these addresses: (tenant, channel, scheme, value)."""
    wanted = sorted(keys)
    if not wanted:
        return {}
    rows = await connection.fetch(_FIND, *(list(column) for column in zip(*wanted, strict=True)))
    shared: dict[UUID, Known] = {}
    found: dict[Key, Known] = {}
    for row in rows:
        one = shared.setdefault(
            row["identity_id"],
            Known(row["identity_id"], row["contact_id"], row["name"], row["name_source"], row["phone"]),
        )
        one.schemes.add(row["scheme"])
        found[row["tenant_id"], row["channel_id"], row["scheme"], row["value"]] = one
    return found


async def _ask_schemes(connection: Connection, writers: Sequence[Writer], owners: dict[Key, Known]) -> None:
    """What else the identities have, where a writer's addresses do not all lead to one. Index: by identity."""
    unclear: dict[UUID, tuple[UUID, Known]] = {}
    for writer in writers:
        keys = writer.address_keys()
        found = [owners[key] for key in keys if key in owners]
        if found and (keys[0] not in owners or any(one is not found[0] for one in found)):
            unclear.update({one.identity_id: (writer.tenant_id, one) for one in found})
    if not unclear:
        return
    rows = await connection.fetch(
        "select x.identity_id, x.scheme from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, identity_id)"
        " join identity_address x on x.tenant_id = wanted.tenant_id and x.identity_id = wanted.identity_id",
        [tenant_id for tenant_id, _ in unclear.values()],
        list(unclear),
    )
    for row in rows:
        unclear[row["identity_id"]][1].schemes.add(row["scheme"])


async def _make(connection: Connection, people: Sequence[tuple[Writer, Known]], now: datetime) -> None:
    numbers = await take_numbers(connection, "contact", (writer.tenant_id for writer, _ in people))
    given = {tenant: iter(values) for tenant, values in numbers.items()}
    tenants = [writer.tenant_id for writer, _ in people]
    contact_ids = [one.contact_id for _, one in people]
    names = [one.name for _, one in people]
    await connection.execute(
        "insert into contact (tenant_id, id, number, name, phone, search_key, sort_key, created_at, updated_at)"
        " select t, i, n, name, phone, s, o, $8, $8"
        " from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])"
        " as x (t, i, n, name, phone, s, o)",
        tenants,
        contact_ids,
        [next(given[tenant]) for tenant in tenants],
        names,
        [one.phone for _, one in people],
        [search_key(name) for name in names],
        [sort_key(name) for name in names],
        now,
    )
    await connection.execute(
        "insert into identity (tenant_id, id, contact_id, channel_id, display, created_at)"
        " select *, $6 from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[])",
        tenants,
        [one.identity_id for _, one in people],
        contact_ids,
        [writer.channel_id for writer, _ in people],
        [storable(writer.sender.username or writer.sender.phone or one.name) for writer, one in people],
        now,
    )


async def _suggest_same_phone(
    connection: Connection, people: Sequence[tuple[UUID, UUID, str | None]], now: datetime
) -> None:
    """The same number on another channel of the firm may be the same person. Index: contact by phone."""
    with_phone = [one for one in people if one[2] is not None]
    if not with_phone:
        return
    await connection.execute(
        "insert into merge_suggestion (tenant_id, id, contact_id, other_contact_id, reason, created_at)"
        " select x.tenant_id, x.suggestion_id, least(k.id, x.contact_id), greatest(k.id, x.contact_id), 'same_phone', $5"
        " from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[]) as x (tenant_id, contact_id, phone, suggestion_id)"
        " cross join lateral (select id from contact k where k.tenant_id = x.tenant_id and k.phone = x.phone"
        "                      and k.id <> x.contact_id order by k.id limit 1) k"
        " on conflict do nothing",
        [tenant_id for tenant_id, _, _ in with_phone],
        [contact_id for _, contact_id, _ in with_phone],
        [phone for _, _, phone in with_phone],
        [uuid7() for _ in with_phone],
        now,
    )


async def _add_addresses(connection: Connection, addresses: dict[Key, UUID]) -> None:
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


async def _move_addresses(connection: Connection, addresses: dict[Key, UUID]) -> None:
    if not addresses:
        return
    columns = [list(column) for column in zip(*addresses, strict=True)]
    await connection.execute(
        "update identity_address a set identity_id = x.identity_id"
        " from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[])"
        " as x (tenant_id, channel_id, scheme, value, identity_id)"
        " where a.tenant_id = x.tenant_id and a.channel_id = x.channel_id and a.scheme = x.scheme and a.value = x.value",
        *columns,
        list(addresses.values()),
    )


async def suggest_conflicts(connection: Connection, suggestions: set[tuple[UUID, UUID, UUID]], now: datetime) -> None:
    """Pairs of contacts that claim one address: (tenant, the lower id, the higher)."""
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


async def follow_profiles(
    connection: Connection, seen: Sequence[tuple[UUID, Known, Sender]], now: datetime
) -> set[UUID]:
    """Takes over names that people changed in their profile, unless a user has named the contact, and numbers that we
    had not been told yet. The contacts changed."""
    changed: dict[UUID, tuple[UUID, Known]] = {}
    phones: list[tuple[UUID, UUID, str | None]] = []
    for tenant_id, known, sender in seen:
        name = _name(sender)
        if known.name_source == "profile" and _says_more(name, known.name, sender):
            known.name = name
            changed[known.contact_id] = (tenant_id, known)
        if known.phone is None and sender.phone is not None:
            known.phone = sender.phone
            changed[known.contact_id] = (tenant_id, known)
            phones.append((tenant_id, known.contact_id, sender.phone))
    if not changed:
        return set()
    ordered = sorted(changed.items())
    names = [known.name for _, (_, known) in ordered]
    await connection.execute(
        "update contact k set name = case when k.name_source = 'profile' then x.name else k.name end,"
        " search_key = case when k.name_source = 'profile' then x.s else k.search_key end,"
        " sort_key = case when k.name_source = 'profile' then x.o else k.sort_key end,"
        " phone = coalesce(k.phone, x.phone), updated_at = $7, version = k.version + 1"
        " from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[]) as x (t, i, name, s, o, phone)"
        " where k.tenant_id = x.t and k.id = x.i",
        [tenant_id for _, (tenant_id, _) in ordered],
        [contact_id for contact_id, _ in ordered],
        names,
        [search_key(name) for name in names],
        [sort_key(name) for name in names],
        [known.phone for _, (_, known) in ordered],
        now,
    )
    await _suggest_same_phone(connection, phones, now)
    return set(changed)


def _name(sender: Sender) -> str:
    """What people see: the profile's name, else the user name, else the number."""
    return storable(sender.display.strip() or sender.username or sender.phone or sender.addresses[0].value)


def _says_more(name: str, known: str, sender: Sender) -> bool:
    """False when the message came without the profile's name: what stands in for it must not replace one."""
    addresses = {sender.phone, *(address.value for address in sender.addresses)}
    if name == known or name in addresses:
        return False
    return name != sender.username or known in addresses
