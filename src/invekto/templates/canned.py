"""Canned replies: texts of the firm's own, found by a shortcut, filled in with the contact's and the agent's names.

Their files are attachments, which conversations own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from invekto.contacts.fields import list_fields
from invekto.contacts.values import FIELD_PREFIX
from invekto.kernel.errors import Conflict, FieldError, Invalid, NotFound
from invekto.kernel.ids import uuid7
from invekto.kernel.text import search_key, sort_key
from invekto.kernel.tx import Tx
from invekto.templates.events import CannedReplyChanged
from invekto.templates.queries import find_canned, json_of

VARIABLES: Final = ("contact.first_name", "contact.name", "agent.name", "firm.name")
"""Besides `contact.fields.<key>` for each of the firm's fields, archived ones too: a text outlives a field."""
_PLACEHOLDER: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_DEFAULT_LANGUAGE: Final = "tr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is saved. `texts` by language."""

    shortcut: str
    title: str
    folder: str | None
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filled:
    """`missing`: the variables that have no value; they stand in the text as they are, to be filled in by hand."""

    text: str
    missing: list[str]


async def create_canned(tx: Tx, reply: Reply) -> UUID:
    """Raises Conflict `shortcut_taken`, Invalid for a variable that does not exist."""
    canned_id = uuid7()
    await _save(
        tx,
        "insert into canned_reply (tenant_id, id, shortcut, shortcut_key, title, folder, texts, search_key, sort_key,"
        " created_at, changed_at) values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $10)",
        canned_id,
        reply,
    )
    tx.emit(CannedReplyChanged(entity_id=canned_id, detail={"action": "created"}))
    return canned_id


async def change_canned(tx: Tx, canned_id: UUID, reply: Reply) -> None:
    """The whole of it. NotFound, Conflict `shortcut_taken`, Invalid."""
    await find_canned(tx, canned_id, lock=True)
    await _save(
        tx,
        "update canned_reply set shortcut = $3, shortcut_key = $4, title = $5, folder = $6, texts = $7::jsonb,"
        " search_key = $8, sort_key = $9, changed_at = $10 where tenant_id = $1 and id = $2",
        canned_id,
        reply,
    )
    tx.emit(CannedReplyChanged(entity_id=canned_id, detail={"action": "changed"}))


async def delete_canned(tx: Tx, canned_id: UUID) -> None:
    """NotFound. What was sent of it stays sent."""
    gone = await tx.fetchrow(
        "delete from canned_reply where tenant_id = $1 and id = $2 returning 1", tx.tenant_id, canned_id
    )
    if gone is None:
        raise NotFound
    tx.emit(CannedReplyChanged(entity_id=canned_id, detail={"action": "deleted"}))


async def use_canned(tx: Tx, canned_id: UUID, language: str | None, values: Mapping[str, str | None]) -> Filled:
    """The text in the wanted language, else Turkish, else whichever there is; counts the use. NotFound."""
    row = await find_canned(tx, canned_id)
    await tx.execute(
        "update canned_reply set uses = uses + 1, used_at = $3 where tenant_id = $1 and id = $2",
        tx.tenant_id,
        canned_id,
        tx.now,
    )
    texts: dict[str, str] = json_of(row, "texts")
    chosen = texts.get((language or "").split("-")[0].split("_")[0]) or texts.get(_DEFAULT_LANGUAGE)
    return fill(chosen or next(iter(texts.values())), values)


def fill(text: str, values: Mapping[str, str | None]) -> Filled:
    """Each `{{variable}}` by its value."""
    missing: list[str] = []

    def value_of(match: re.Match[str]) -> str:
        value = values.get(match[1])
        if value:
            return value
        if match[1] not in missing:
            missing.append(match[1])
        return match[0]

    return Filled(_PLACEHOLDER.sub(value_of, text), missing)


async def _save(tx: Tx, statement: str, canned_id: UUID, reply: Reply) -> None:
    await _check(tx, reply)
    key = search_key(reply.shortcut)
    if not key:
        raise Invalid(fields=[FieldError("shortcut", "wrong_format")])
    found_by = search_key(" ".join([reply.shortcut, reply.title, reply.folder or "", *reply.texts.values()]))
    connection = await tx.raw()
    try:
        async with connection.transaction():
            await connection.execute(
                statement,
                tx.tenant_id,
                canned_id,
                reply.shortcut,
                key,
                reply.title,
                reply.folder,
                json.dumps(dict(reply.texts)),
                found_by,
                f"{sort_key(reply.folder or '')}!{sort_key(reply.title)}",
                tx.now,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("shortcut_taken", params={"shortcut": reply.shortcut}) from None


async def _check(tx: Tx, reply: Reply) -> None:
    if not reply.texts:
        raise Invalid(fields=[FieldError("texts", "required")])
    used = {language: set(_PLACEHOLDER.findall(text)) - set(VARIABLES) for language, text in reply.texts.items()}
    if not any(used.values()):
        return
    fields = {f"{FIELD_PREFIX}{one.key}" for one in await list_fields(tx)}
    wrong = [FieldError(f"texts.{language}", "variable_unknown") for language, names in used.items() if names - fields]
    if wrong:
        raise Invalid(params={"variables": ", ".join(f"{{{{{one}}}}}" for one in VARIABLES)}, fields=wrong)
