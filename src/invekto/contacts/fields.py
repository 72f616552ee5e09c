"""The fields that a firm gives its contacts: defined, named, ordered, archived. What contacts have in them: see values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

import asyncpg

from invekto.contacts.events import ContactFieldChanged
from invekto.contacts.field_types import CHOOSING, FieldType, Option
from invekto.kernel.errors import Conflict, FieldError, Invalid, NotFound
from invekto.kernel.ids import uuid7
from invekto.kernel.text import search_key, slug
from invekto.kernel.tx import Tx

FIELDS_MAX: Final = 100
"""That are in use. Archived ones count in `EVER_MAX` only: their keys stay taken."""
EVER_MAX: Final = 500
OPTIONS_MAX: Final = 100
_OPTIONS_EVER_MAX: Final = 500
_KEY_MAX: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A definition."""

    id: UUID
    key: str
    label: str
    type: FieldType
    options: tuple[Option, ...]
    personal: bool
    archived: bool


@dataclass(frozen=True, slots=True)
class OptionGiven:
    """`id` of an option that is there already; without one it is new."""

    label: str
    id: str | None = None
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """What is None stays. `options`: those that are left out are archived."""

    label: str | None = None
    options: Sequence[OptionGiven] | None = None
    personal: bool | None = None
    archived: bool | None = None


_FIELDS: Final = """
select id, key, label, type, options::text as options, personal, archived_at is not null as archived
  from contact_field
 where tenant_id = $1
"""


async def list_fields(tx: Tx) -> list[Field]:
    """All of the firm's fields in their order, archived ones last."""
    rows = await tx.fetch(f"{_FIELDS} order by archived_at is not null, position, id", tx.tenant_id)
    return [_field(row) for row in rows]


async def find_field(tx: Tx, field_id: UUID) -> Field:
    """NotFound."""
    row = await tx.fetchrow(f"{_FIELDS} and id = $2", tx.tenant_id, field_id)
    if row is None:
        raise NotFound
    return _field(row)


async def define_field(
    tx: Tx, *, label: str, type_: FieldType, key: str | None, options: Sequence[OptionGiven], personal: bool
) -> UUID:
    """A new field, behind the others. Without a key it gets one made of the label.

    Raises:
        Conflict: `contact_field_exists`, `contact_field_key_taken`, `contact_fields_limit`.
        Invalid: of the options.
    """
    there = await _locked(tx)
    _check_room(there)
    _check_label(there, label, None)
    taken = {one.key for one in there}
    if key is not None and key in taken:
        raise Conflict("contact_field_key_taken", params={"key": key})
    field_id = uuid7()
    await tx.execute(
        "insert into contact_field (tenant_id, id, key, label, type, options, position, personal, created_at, changed_at)"
        " values ($1, $2, $3, $4, $5, $6::jsonb,"
        " (select coalesce(max(position), 0) + 1 from contact_field where tenant_id = $1), $7, $8, $8)",
        tx.tenant_id,
        field_id,
        key or _free_key(label, taken),
        label,
        type_,
        _packed(_options(type_, (), options)),
        personal,
        tx.now,
    )
    tx.emit(ContactFieldChanged(entity_id=field_id, detail={"action": "created"}))
    return field_id


async def change_field(tx: Tx, field_id: UUID, change: FieldChange) -> None:
    """Names, options, whether it is personal, archived or in use. The values that contacts have stay as they are.

    Raises:
        NotFound: no such field.
        Conflict: `contact_field_exists`, `contact_fields_limit` (one that comes back needs room).
        Invalid: of the options.
    """
    there = await _locked(tx)
    field = next((one for one in there if one.id == field_id), None)
    if field is None:
        raise NotFound
    archived = field.archived if change.archived is None else change.archived
    label = field.label if change.label is None else change.label
    options = field.options if change.options is None else _options(field.type, field.options, change.options)
    if field.archived and not archived:
        _check_room(there, comes_back=True)
    if not archived:
        _check_label(there, label, field_id)
    await tx.execute(
        "update contact_field set label = $3, options = $4::jsonb, personal = $5, changed_at = $7,"
        " archived_at = case when $6 then coalesce(archived_at, $7) end where tenant_id = $1 and id = $2",
        tx.tenant_id,
        field_id,
        label,
        _packed(options),
        field.personal if change.personal is None else change.personal,
        archived,
        tx.now,
    )
    action = "changed" if archived == field.archived else "archived" if archived else "restored"
    tx.emit(ContactFieldChanged(entity_id=field_id, detail={"action": action}))


async def order_fields(tx: Tx, field_ids: Sequence[UUID]) -> None:
    """These come first, in this order; what somebody has added meanwhile stays behind them.

    Raises:
        Invalid: `field_ids.<n>` `not_found` or `repeated`.
    """
    there = await _locked(tx)
    known = {one.id for one in there}
    wrong = [
        FieldError(f"field_ids.{n}", "not_found" if one not in known else "repeated")
        for n, one in enumerate(field_ids)
        if one not in known or one in field_ids[:n]
    ]
    if wrong:
        raise Invalid(fields=wrong)
    rest = [one.id for one in there if one.id not in set(field_ids)]
    await tx.execute(
        "update contact_field f set position = x.n from unnest($2::uuid[]) with ordinality as x (id, n)"
        " where f.tenant_id = $1 and f.id = x.id and f.position <> x.n",
        tx.tenant_id,
        [*field_ids, *rest],
    )
    tx.emit(ContactFieldChanged(detail={"action": "ordered"}))


async def _locked(tx: Tx) -> list[Field]:
    """The fields, while nobody else of the firm changes any: room, labels and order are about all of them."""
    await tx.execute(
        "select pg_advisory_xact_lock(hashtextextended('contact_field:' || $1::text, 0))", str(tx.tenant_id)
    )
    return await list_fields(tx)


def _check_room(there: Sequence[Field], *, comes_back: bool = False) -> None:
    if sum(not one.archived for one in there) >= FIELDS_MAX or (not comes_back and len(there) >= EVER_MAX):
        raise Conflict("contact_fields_limit", params={"max": FIELDS_MAX})


def _check_label(there: Sequence[Field], label: str, own: UUID | None) -> None:
    key = search_key(label)
    if any(one.id != own and not one.archived and search_key(one.label) == key for one in there):
        raise Conflict("contact_field_exists", params={"label": label})


def _free_key(label: str, taken: set[str]) -> str:
    base = slug(label).replace("-", "_")[: _KEY_MAX - 4].strip("_")
    if not base or not base[0].isalpha():
        base = f"field_{base}".rstrip("_")
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base}_{number}"
    return key


def _options(type_: str, held: Sequence[Option], given: Sequence[OptionGiven]) -> tuple[Option, ...]:
    """Those given in their order, and behind them as archived what was left out: contacts may still have it."""
    if type_ not in CHOOSING:
        if given:
            raise Invalid(fields=[FieldError("options", "unknown_field")])
        return ()
    known = {one.id for one in held}
    wrong: list[FieldError] = []
    ids: set[str] = set()
    labels: set[str] = set()
    for n, one in enumerate(given):
        if one.id is not None and one.id not in known:
            wrong.append(FieldError(f"options.{n}.id", "not_found"))
        if (one.id is not None and one.id in ids) or (not one.archived and search_key(one.label) in labels):
            wrong.append(FieldError(f"options.{n}", "repeated"))
        if one.id is not None:
            ids.add(one.id)
        if not one.archived:
            labels.add(search_key(one.label))
    if not labels:
        wrong.append(FieldError("options", "required"))
    made = [Option(one.id or str(uuid7()), one.label, one.archived) for one in given]
    made += [Option(one.id, one.label, True) for one in held if one.id not in ids]
    if len(labels) > OPTIONS_MAX or len(made) > _OPTIONS_EVER_MAX:
        wrong.append(FieldError("options", "too_many"))
    if wrong:
        raise Invalid(fields=wrong)
    return tuple(made)


def _packed(options: Sequence[Option]) -> str:
    return json.dumps([{"id": one.id, "label": one.label, "archived": one.archived} for one in options])


def options_of(packed: str) -> tuple[Option, ...]:
    """Options from the column's text."""
    found: list[dict[str, Any]] = json.loads(packed)
    return tuple(Option(one["id"], one["label"], one["archived"]) for one in found)


def _field(row: asyncpg.Record) -> Field:
    return Field(
        id=row["id"],
        key=row["key"],
        label=row["label"],
        type=cast(FieldType, row["type"]),
        options=options_of(row["options"]),
        personal=row["personal"],
        archived=row["archived"],
    )
