from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invekto.kernel.pages import CursorInvalid, decode_cursor, encode_cursor

AT = datetime(2026, 11, 24, 3, 4, 5, 678901, tzinfo=UTC)
ID = UUID("01a20bf5-19ca-7343-9556-86415f3f398e")


def forged(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_cursor_gives_its_keys_back_exactly() -> None:
    cursor = encode_cursor("conversations.open", AT, ID)
    assert decode_cursor(cursor, "conversations.open", datetime, UUID) == (AT, ID)
    assert decode_cursor(encode_cursor("x", 2**62, "ş"), "x", int, str) == (2**62, "ş")


def test_a_time_of_another_zone_is_the_same_place() -> None:
    cursor = encode_cursor("x", AT.astimezone(timezone(timedelta(hours=3))))
    assert decode_cursor(cursor, "x", datetime) == (AT,)


def test_a_cursor_is_safe_in_a_url_and_shows_no_padding() -> None:
    assert all(c.isalnum() or c in "-_" for c in encode_cursor("conversations.open", AT, ID))


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%%%",
        "é",
        "A" * 5_000,
        forged(["conversations.open", AT.isoformat()]),
        forged(["conversations.resolved", AT.isoformat(), str(ID)]),
        forged(["conversations.open", AT.isoformat(), "' or 1=1"]),
        forged(["conversations.open", "2026-11-24T00:00:00", str(ID)]),
        forged(["conversations.open", "9999999999", str(ID)]),
        forged(["conversations.open", None, str(ID)]),
        forged(["conversations.open", 5, str(ID)]),
        forged({"conversations.open": 1}),
        forged("conversations.open"),
        base64.urlsafe_b64encode(b"[" * 700).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_junk_and_foreign_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalid) as refused:
        decode_cursor(cursor, "conversations.open", datetime, UUID)
    assert (refused.value.http_status, refused.value.code) == (422, "cursor_invalid")


@given(st.text(max_size=300))
def test_whatever_is_sent_as_a_cursor_never_fails_otherwise(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        decode_cursor(cursor, "conversations.open", datetime, UUID)


@pytest.mark.parametrize("value", [True, 2**63, -(2**63) - 1, 1.5, "1"])
def test_a_number_outside_int8_is_no_key(value: object) -> None:
    with pytest.raises(CursorInvalid):
        decode_cursor(forged(["x", value]), "x", int)


@pytest.mark.parametrize("value", ["a\x00b", "\ud800"])
def test_a_text_key_that_postgresql_refuses_is_no_key(value: str) -> None:
    with pytest.raises(CursorInvalid):
        decode_cursor(forged(["x", value]), "x", str)
