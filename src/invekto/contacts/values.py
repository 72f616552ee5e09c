"""What contacts have in the firm's fields. Who may see a contact is asked by whoever calls; what is masked is decided here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from invekto.contacts.events import ContactChanged
from invekto.contacts.field_types import Value, ValueRefused, hides, masked, parse_value, value_text
from invekto.contacts.fields import Field, list_fields, options_of
from invekto.kernel.errors import Conflict, FieldError, Invalid
from invekto.kernel.tx import Tx

FIELD_PREFIX: Final = "contact.fields."
"""Before a field's key it is the variable of a text that stands for what the contact has in it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The values that a viewer gets, by key, and the keys of those that are masked."""

    values: dict[str, Any] = field(default_factory=dict)
    masked: list[str] = field(default_factory=list)


VALUES_SQL = """
select f.key, f.type, f.personal, f.options::text as options, v.value::text as value
  from contact_field_value v
  join contact_field f on f.tenant_id = v.tenant_id and f.id = v.field_id
 where v.tenant_id = $1 and v.contact_id = $2 and f.archived_at is null
"""


async def shown_values(tx: Tx, contact_id: UUID, *, sees_pii: bool) -> Shown:
    """Of the fields in use. One statement, by primary keys."""
    shown = Shown()
    for row in await tx.fetch(VALUES_SQL, tx.tenant_id, contact_id):
        value = json.loads(row["value"])
        if not sees_pii and hides(row["type"], personal=row["personal"]):
            shown.masked.append(row["key"])
            value = masked(row["type"], value)
        shown.values[row["key"]] = value
    shown.masked.sort()
    return shown


async def value_texts(tx: Tx, contact_id: UUID | None, language: str | None, *, sees_pii: bool) -> dict[str, str]:
    """By key, as a message says them. What the viewer may not see is left out: it would stand in their text."""
    if contact_id is None:
        return {}
    return {
        row["key"]: value_text(row["type"], options_of(row["options"]), json.loads(row["value"]), language)
        for row in await tx.fetch(VALUES_SQL, tx.tenant_id, contact_id)
        if sees_pii or not hides(row["type"], personal=row["personal"])
    }


async def set_values(
    tx: Tx, contact_id: UUID, given: Mapping[str, Any], was: Mapping[str, Any], *, sees_pii: bool
) -> bool:
    """Sets the fields named in `given`; null empties one. False when all of it was so already.

    `was` is what the screen showed of them: a field that somebody has changed meanwhile is not written over. A mask that
    comes back unchanged is no value.

    Raises:
        Invalid: `fields.<key>` `not_found` (no such field, or archived), or what its type refuses.
        Conflict: `contact_field_changed`; nothing is written.
    """
    by_key = {one.key: one for one in await list_fields(tx) if not one.archived}
    # The row that all of a contact's changes meet at, so that two people's do not pass each other.
    await tx.execute("select 1 from contact where tenant_id = $1 and id = $2 for update", tx.tenant_id, contact_id)
    rows = await tx.fetch(
        "select field_id, value::text as value from contact_field_value where tenant_id = $1 and contact_id = $2",
        tx.tenant_id,
        contact_id,
    )
    held: dict[UUID, Value] = {row["field_id"]: json.loads(row["value"]) for row in rows}
    wanted: dict[str, tuple[Field, Value | None]] = {}
    wrong: list[FieldError] = []
    for key, value in given.items():
        one = by_key.get(key)
        if one is None:
            wrong.append(FieldError(f"fields.{key}", "not_found"))
            continue
        now = held.get(one.id)
        if now is not None and value == _shown(one, now, sees_pii=sees_pii):
            continue
        try:
            parsed = parse_value(one.type, one.options, value, now)
        except ValueRefused as refused:
            wrong.append(FieldError(f"fields.{key}", refused.code))
            continue
        if parsed != now or type(parsed) is not type(now):
            wanted[key] = (one, parsed)
    if wrong:
        raise Invalid(fields=wrong)
    _check_unchanged(wanted, was, held, sees_pii=sees_pii)
    if not wanted:
        return False
    await _write(tx, [(contact_id, one.id, value) for one, value in wanted.values()])
    await tx.execute(
        "update contact set version = version + 1, updated_at = $3 where tenant_id = $1 and id = $2",
        tx.tenant_id,
        contact_id,
        tx.now,
    )
    tx.emit(ContactChanged(entity_id=contact_id, detail={"fields": [f"fields.{key}" for key in wanted]}))
    return True


def _check_unchanged(
    wanted: Mapping[str, tuple[Field, Value | None]],
    was: Mapping[str, Any],
    held: Mapping[UUID, Value],
    *,
    sees_pii: bool,
) -> None:
    changed = [
        one
        for key, (one, _) in wanted.items()
        if key in was and was[key] != _shown(one, held.get(one.id), sees_pii=sees_pii)
    ]
    if changed:
        raise Conflict(
            "contact_field_changed",
            params={"label": changed[0].label},
            fields=[FieldError(f"fields.{one.key}", "changed") for one in changed],
        )


def _shown(one: Field, value: Value | None, *, sees_pii: bool) -> Value | None:
    if value is None or sees_pii or not hides(one.type, personal=one.personal):
        return value
    return masked(one.type, value)


async def _write(tx: Tx, values: Iterable[tuple[UUID, UUID, Value | None]]) -> None:
    kept = list(values)
    await tx.execute(
        "delete from contact_field_value v using unnest($2::uuid[], $3::uuid[]) as x (contact_id, field_id)"
        " where v.tenant_id = $1 and v.contact_id = x.contact_id and v.field_id = x.field_id",
        tx.tenant_id,
        [contact for contact, _, value in kept if value is None],
        [field_id for _, field_id, value in kept if value is None],
    )
    await import_values(tx, [(contact, field_id, value) for contact, field_id, value in kept if value is not None])


async def import_values(tx: Tx, values: Iterable[tuple[UUID, UUID, Value]]) -> None:
    """Values of many contacts, (contact, field, value), as their types keep them; in one statement, without events."""
    kept = list(values)
    await tx.execute(
        "insert into contact_field_value (tenant_id, contact_id, field_id, value, changed_at)"
        " select $1, x.contact_id, x.field_id, x.value, $5"
        " from unnest($2::uuid[], $3::uuid[], $4::jsonb[]) as x (contact_id, field_id, value)"
        " on conflict (tenant_id, contact_id, field_id) do update set value = excluded.value, changed_at = excluded.changed_at",
        tx.tenant_id,
        [contact for contact, _, _ in kept],
        [field_id for _, field_id, _ in kept],
        [json.dumps(value) for _, _, value in kept],
        tx.now,
    )
