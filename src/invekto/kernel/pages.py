"""Keyset paging: opaque cursors and the limit of a page. Which columns order a list is each query's own matter."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar, overload
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from invekto.kernel.errors import Invalid
from invekto.kernel.ids import parse_uuid

Key = str | int | datetime | UUID
Item = TypeVar("Item")
A = TypeVar("A", bound=Key)
B = TypeVar("B", bound=Key)
C = TypeVar("C", bound=Key)

LIMIT_MAX: Final = 100
LIMIT_DEFAULT: Final = 50
_CURSOR_MAX_LENGTH: Final = 1_000
_INT8_END: Final = 1 << 63

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Cursor = Annotated[str | None, Query()]


class Page(BaseModel, Generic[Item]):
    """A page of a list. `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None


class CursorInvalid(Invalid):
    """Not a cursor of this list: cut, invented, or taken from another one."""

    def __init__(self) -> None:
        super().__init__("cursor_invalid")


def encode_cursor(listing: str, *keys: Key) -> str:
    """The place behind the row with these keys. `listing` names list and order, so that no other list accepts it."""
    packed = json.dumps([listing, *map(_pack, keys)], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).rstrip(b"=").decode()


@overload
def decode_cursor(text: str, listing: str, a: type[A], /) -> tuple[A]: ...
@overload
def decode_cursor(text: str, listing: str, a: type[A], b: type[B], /) -> tuple[A, B]: ...
@overload
def decode_cursor(text: str, listing: str, a: type[A], b: type[B], c: type[C], /) -> tuple[A, B, C]: ...
def decode_cursor(text: str, listing: str, /, *types: type[Any]) -> tuple[Key, ...]:
    """The keys that encode_cursor packed, as values of `types`. CursorInvalid for anything else.

    A cursor is checked, not signed: a forged one only moves within what its reader may see anyway.
    """
    if len(text) > _CURSOR_MAX_LENGTH:
        raise CursorInvalid
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        values = json.loads(packed)
    except (binascii.Error, ValueError, RecursionError):
        raise CursorInvalid from None
    if not isinstance(values, list) or len(values) != 1 + len(types) or values[0] != listing:
        raise CursorInvalid
    return tuple(_unpack(value, wanted) for value, wanted in zip(values[1:], types, strict=True))


def _pack(key: Key) -> str | int:
    if isinstance(key, datetime):
        return key.astimezone(UTC).isoformat()
    return str(key) if isinstance(key, UUID) else key


def _unpack(value: object, wanted: type[Any]) -> Key:
    if wanted is int and type(value) is int and -_INT8_END <= value < _INT8_END:
        return value
    if isinstance(value, str):
        if wanted is str and value.isprintable():
            return value
        if wanted is UUID and (parsed := parse_uuid(value)) is not None:
            return parsed
        if wanted is datetime and (at := _time(value)) is not None:
            return at
    raise CursorInvalid


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is UTC else None
