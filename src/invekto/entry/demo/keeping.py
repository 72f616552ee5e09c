"""Brings the sample firms' contact fields, what stands in them and the notes into the database."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from invekto.contacts.field_types import CHOOSING, Value
from invekto.contacts.fields import Field, OptionGiven, define_field, find_field
from invekto.contacts.notes import import_notes
from invekto.contacts.values import import_values
from invekto.entry.demo.plan import Firm, Talk
from invekto.entry.demo.records import FIELDS, SampleField, records
from invekto.entry.demo.threads import Cast
from invekto.kernel.tx import Tx


async def keep_records(tx: Tx, firm: Firm, cast: Cast, planned: Sequence[Talk], conversations: Sequence[UUID]) -> None:
    """`conversations` are those that became of `planned`, in the same order."""
    fields = {one.label: await _define(tx, one) for one in FIELDS[firm.slug]}
    rows = await tx.fetch("select id, contact_id from conversation where tenant_id = $1", tx.tenant_id)
    contact_of = {row["id"]: row["contact_id"] for row in rows}
    contacts = {
        talk.person: contact_of[conversation] for talk, conversation in zip(planned, conversations, strict=True)
    }
    kept = records(firm, planned, cast.now)
    await import_values(
        tx,
        [
            (contacts[record.person], fields[label].id, _stored(fields[label], value))
            for record in kept
            for label, value in record.values.items()
        ],
    )
    await import_notes(
        tx,
        [(contacts[record.person], cast.users[who], text, at) for record in kept for who, text, at in record.notes],
    )


async def _define(tx: Tx, one: SampleField) -> Field:
    options = [OptionGiven(label) for label in one.samples] if one.type in CHOOSING else []
    made = await define_field(tx, label=one.label, type_=one.type, key=None, options=options, personal=one.personal)
    return await find_field(tx, made)


def _stored(field: Field, value: Value) -> Value:
    """Options by their ids."""
    ids = {option.label: option.id for option in field.options}
    if isinstance(value, list):
        return [ids[label] for label in value]
    return ids[value] if field.type == "select" and isinstance(value, str) else value
