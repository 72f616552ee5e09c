"""What somebody types is text: in searches, filters, cursors, names and headers (A30), and for our own expressions (A34)."""

from __future__ import annotations

import base64
import importlib
import itertools
import json
import pkgutil
import re
import time
from typing import Any

import pytest

import invekto
from invekto.kernel.ids import uuid7
from tests.attacks.arena import Arena
from tests.attacks.firms import DOCUMENT, SECRET, SESSION_ENDS, ask, every_route, fingerprint
from tests.attacks.requests import Maker
from tests.rest import stored

TEXTS = (
    "' or '1'='1",
    "'; drop table message; --",
    "%",
    "$1",
    "1) or (1=1",
    "') union select password_hash from user_account --",
    "a\x00b",
    "\\",
    "x' || pg_sleep(5) || '",
    "*:*",
    "a & | ! ( :*",
    "\ud83d",
    "\u202egnp.exe",
    "{{7*7}}${7*7}<%= 7*7 %>",
)
SLOW_S = 3.0
BUDGET_S = 0.05


def parameters(method: str, path: str, where: str) -> list[str]:
    """The names of a route's parameters that hold free text."""
    found = DOCUMENT["paths"].get(path, {}).get(method.lower(), {}).get("parameters", [])
    return [one["name"] for one in found if one["in"] == where]


def sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@pytest.mark.attack("A30")
async def test_sql_in_a_query_finds_nothing_more_and_is_no_defect(arena: Arena) -> None:
    """Each parameter of each address that is read, with each text: 200, 404 or 422, and nothing of the other firm."""
    before = await fingerprint(arena.superuser_url, arena.world, "demo2")
    asked, wrong = 0, []
    for route in every_route(arena.world):
        if route.method != "GET" or not route.path.startswith("/api/"):
            continue
        path = Maker(DOCUMENT, arena.case.ours).path(route.path)
        for name in parameters("GET", route.path, "query"):
            for text in TEXTS:
                began = time.monotonic()
                answer = await arena.boss.client.get(f"http://desk.test{path}", params={name: sendable(text)})
                if answer.status_code not in (200, 404, 422) or time.monotonic() - began > SLOW_S:
                    wrong.append((route.path, name, text, answer.status_code))
                asked += 1
    assert wrong == []
    assert asked > 150
    assert await fingerprint(arena.superuser_url, arena.world, "demo2") == before


@pytest.mark.attack("A30")
async def test_sql_in_a_path_is_no_row(arena: Arena) -> None:
    for route in every_route(arena.world):
        names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
        if not names or not route.path.startswith("/api/"):
            continue
        for text in ("' or '1'='1", "1;select pg_sleep(5)", "%25", "..%2f..%2fetc", "a%00b"):
            path = Maker(DOCUMENT, {**arena.case.ours, names[-1]: text}).path(route.path)
            for given in Maker(DOCUMENT, arena.case.ours).bodies(route.method, route.path):
                answer = await ask(arena.boss, arena.world, route.method, path, given)
                assert answer.status_code in (404, 405, 422), (route, text, answer.text)


@pytest.mark.attack("A30")
async def test_a_wildcard_is_a_letter_like_any_other(arena: Arena) -> None:
    """What is searched for by its beginning or a part of it: no text but its own matches % and _."""
    asked = 0
    for route in every_route(arena.world):
        if route.method != "GET" or "q" not in parameters("GET", route.path, "query"):
            continue
        path = Maker(DOCUMENT, arena.case.ours).path(route.path)
        for text in ("%", "_", "%%", "__", "G%li", "G_zli"):
            answer = await arena.boss.client.get(f"http://desk.test{path}", params={"q": text})
            assert SECRET not in answer.text, (route, text, answer.text)
            asked += 1
    assert asked >= 6


@pytest.mark.attack("A26", "A30", "A33")
async def test_every_text_that_is_kept_comes_back_as_it_was_typed(arena: Arena) -> None:
    """Names, notes, tags, canned replies: code in them is stored and given back as text, and as JSON only."""
    boss, ours = arena.boss, arena.case.ours
    for number, text in enumerate(
        (
            "<script>alert(1)</script>",
            "'; drop table tag; --",
            "${7*7} {% raw %} <%= 7*7 %>",
            '"><img src=x onerror=alert(1)>',
            '=HYPERLINK("http://x")',
        )
    ):
        tag = await boss.client.post("/tags", json={"name": text, "color": "red"})
        assert tag.status_code == 201
        assert tag.json()["name"] == text
        assert tag.headers["content-type"] == "application/json"
        note = await boss.say(ours["conversation_id"], text, kind="note")
        assert note["text"] == text
        contact = await boss.client.patch(f"/contacts/{ours['contact_id']}", json={"name": text})
        assert contact.json()["name"] == text
        reply = await boss.post("/canned-replies", {"shortcut": f"kod{number}", "title": text, "texts": {"tr": text}})
        assert (reply["title"], reply["texts"]["tr"]) == (text, text)
    tables = await stored(arena.superuser_url, "select count(*) from tag")
    assert tables[0][0] > 5


def _poisoned(value: Any, text: str) -> Any:
    """The same body with the text in place of each of its texts."""
    if isinstance(value, dict):
        return {key: _poisoned(part, text) for key, part in value.items()}
    if isinstance(value, list):
        return [_poisoned(part, text) for part in value]
    return text if value == "Merhaba" else value


@pytest.mark.attack("A30")
async def test_hostile_texts_in_every_field_of_every_body_are_no_defect(arena: Arena) -> None:
    asked, wrong = 0, []
    for route in every_route(arena.world):
        if (route.method, route.path) in SESSION_ENDS or not route.path.startswith("/api/"):
            continue
        path = Maker(DOCUMENT, arena.case.ours).path(route.path)
        for given in Maker(DOCUMENT, arena.case.ours).bodies(route.method, route.path):
            if "json" not in given:
                continue
            for text in ("a\x00b", "\ud800", "'; drop table message; --", "\u202e\u0085", "x" * 3_000, ""):
                body = _poisoned(given["json"], text)
                if body == given["json"]:
                    break
                answer = await arena.boss.client.request(
                    route.method,
                    f"http://desk.test{path}",
                    content=json.dumps(body),
                    headers={"Content-Type": "application/json", "Idempotency-Key": f"k{asked}"},
                )
                if answer.status_code >= 500:
                    wrong.append((route.method, route.path, text[:20], answer.status_code))
                asked += 1
    assert wrong == []
    assert asked > 100


@pytest.mark.attack("A30")
@pytest.mark.parametrize(
    "value", [b"a\x00b", b"\xff\xfe", b"' or 1=1 --", b"x" * 5_000, "ğüş".encode(), b"\t", b"{}", b"bytes=-1--5,,9-"]
)
async def test_hostile_headers_are_no_defect(arena: Arena, value: bytes) -> None:
    names: tuple[str, ...] = (
        "Idempotency-Key",
        "Accept-Language",
        "User-Agent",
        "X-Request-Id",
        "Range",
        "If-None-Match",
        "If-Range",
    )
    names += ("Content-Type", "X-Forwarded-For", "Referer")
    ours = arena.case.ours
    for name in names:
        for method, path, body in (
            ("POST", f"/conversations/{ours['conversation_id']}/messages", b'{"type": "note", "text": "x"}'),
            ("GET", f"/media/{ours['attachment_id']}", b""),
            ("GET", "/conversations", b""),
            ("POST", "/media", b"x"),
        ):
            headers = {b"Content-Type": b"application/json", name.encode(): value}
            answer = await arena.boss.client.request(method, path, content=body, headers=headers)
            assert answer.status_code < 500, (name, value, path, answer.text)


@pytest.mark.attack("A3", "A30")
async def test_a_forged_cursor_is_refused_or_leads_through_our_own_rows(arena: Arena) -> None:
    """Each key of each list's cursor replaced by what its column cannot hold, and by the ends of what it can."""
    ends = ("9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+00:00", str(uuid7()), 2**63 - 1, -(2**63))
    values: tuple[Any, ...] = (*ends, 2**63, "x", "a\x00b", None, [], {})
    asked = 0
    for number in range(3):
        await arena.world.write(f"+90555222000{number}")
        await arena.world.write("+905559990001", f"{number}")
    for route in every_route(arena.world):
        if "cursor" not in parameters(route.method, route.path, "query"):
            continue
        path = f"http://desk.test{Maker(DOCUMENT, arena.case.ours).path(route.path)}"
        view = {"view": "all", "q": "Gizli", "limit": "1"}
        cursor = (await arena.boss.client.get(path, params=view)).json().get("next_cursor")
        if cursor is None:
            continue
        listing, *keys = json.loads(base64.urlsafe_b64decode(cursor + "=="))
        for place, value in itertools.product(range(len(keys)), values):
            keyed = json.dumps([listing, *keys[:place], value, *keys[place + 1 :]])
            forged = base64.urlsafe_b64encode(keyed.encode()).decode().rstrip("=")
            answer = await arena.boss.client.get(path, params={**view, "cursor": forged})
            assert answer.status_code in (200, 422), (route, value, answer.text)
            asked += 1
    assert asked > 30


def expressions() -> dict[str, re.Pattern[Any]]:
    """Every regular expression that a module of the product keeps, by its place."""
    found: dict[str, re.Pattern[Any]] = {}
    for module in pkgutil.walk_packages(invekto.__path__, "invekto."):
        if module.name.endswith("__main__") or ".migrations" in module.name:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            parts = value if isinstance(value, tuple | list) else [value]
            for number, part in enumerate(parts):
                inner = part[0] if isinstance(part, tuple) and part else part
                if isinstance(inner, re.Pattern):
                    found[f"{module.name}.{name}.{number}"] = inner
    return found


EXPRESSIONS = expressions()
ATOMS = ("a", "1", " ", "\n", "-", ".", "/", "{", "{{", "<", "<!", "\"", "'", "\\", "@", "=", "a ", "1 ", "a.", "a@", "+", "(", "[", "é", "ı", ":", "://a", "token=", "\"token\":", "password=\"", "Bearer ", "*", "_", "~", "`", "DETAIL: ")  # fmt: skip


def cost(expression: re.Pattern[Any], text: Any) -> float:
    began = time.process_time()
    expression.search(text)
    expression.fullmatch(text)
    expression.sub(text[:0], text)
    return time.process_time() - began


@pytest.mark.attack("A34")
@pytest.mark.parametrize("place", EXPRESSIONS)
def test_no_text_makes_an_expression_of_ours_slow(place: str) -> None:
    """20,000 characters, the longest message there is: repeated, and ended so that the match fails at the last moment."""
    expression = EXPRESSIONS[place]
    for atom in ATOMS:
        for end in ("", "!", "\x00", "\n!"):
            text: Any = atom * (20_000 // len(atom)) + end
            if isinstance(expression.pattern, bytes):
                text = text.encode()
            # Asked in three ways, each within the budget. Again when not: a collection of garbage is not the expression's.
            taken = cost(expression, text)
            if taken > 3 * BUDGET_S:
                taken = min(cost(expression, text) for _ in range(3))
            assert taken < 3 * BUDGET_S, f"{expression.pattern!r} takes {taken:.2f} s for {atom!r}"
