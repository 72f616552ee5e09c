"""Bodies, pages and questions that want too much (A40-A42, A44)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest

from invekto.entry.api import Endpoint
from tests.attacks.arena import Arena
from tests.attacks.firms import DOCUMENT, every_route
from tests.attacks.requests import Maker
from tests.channels.provider import PATH, Provider
from tests.rest import URL

CPU_S = 0.05
JSON = {"Content-Type": "application/json"}


def takes_a_body(route: Endpoint) -> bool:
    return "requestBody" in DOCUMENT["paths"].get(route.path, {}).get(route.method.lower(), {})


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


BODIES = {
    "a million fields": b"{" + b",".join(b'"k%d":1' % number for number in range(4_000)) + b"}",
    "a list of lists": b"[" * 30_000 + b"]" * 30_000,
    "objects in objects": nested(10_000),
    "a long number": b'{"seq": ' + b"9" * 60_000 + b"}",
    "a long fraction": b'{"seq": 1.' + b"9" * 60_000 + b"}",
    "the same name again": b"{" + b",".join([b'"text":"x"'] * 5_000) + b"}",
    "escapes": b'{"text": "' + b"\\u0000" * 10_000 + b'"}',
}


@pytest.mark.attack("A40")
async def test_a_hundred_megabytes_are_refused_by_every_route_before_they_come(arena: Arena) -> None:
    """By their announced length, and without one after the first pieces; nobody has to be signed in for that."""
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        for _ in range(100):
            given += 1 << 20
            yield b" " * (1 << 20)

    for route in every_route(arena.world):
        if route.method == "GET" or route.path.startswith("/hooks/") or route.path == "/api/v1/media":
            continue
        path = Maker(DOCUMENT, arena.case.ours).path(route.path)
        for client in (arena.boss.client, arena.world.anonymous()):
            given = 0
            answer = await client.request(
                route.method, f"{URL}{path}", content=endless(), headers={**JSON, "Content-Length": str(100 << 20)}
            )
            assert (answer.status_code, given) == (413, 0), (route, given)
        if takes_a_body(route):
            answer = await arena.boss.client.request(route.method, f"{URL}{path}", content=endless(), headers=JSON)
            assert (answer.status_code, given) == (413, 1 << 20), route


@pytest.mark.attack("A40")
@pytest.mark.parametrize("kind", BODIES)
async def test_a_body_made_to_be_expensive_is_refused_cheaply(arena: Arena, kind: str) -> None:
    asked = 0
    for route in every_route(arena.world):
        if not takes_a_body(route) or route.path in ("/api/v1/media", "/api/v1/session"):
            continue
        path = Maker(DOCUMENT, arena.case.ours).path(route.path)
        taken = 1.0
        for _ in range(3):
            # The best of three: a collection of garbage in between is the whole test's, not the question's.
            began = time.process_time()
            answer = await arena.boss.client.request(
                route.method, f"{URL}{path}", content=BODIES[kind], headers={**JSON, "Idempotency-Key": "k"}
            )
            taken = min(taken, time.process_time() - began)
            if taken < CPU_S:
                break
        assert answer.status_code < 500, (route, answer.text[:300])
        assert taken < CPU_S, (route, taken)
        assert len(answer.content) < 10_000, "the answer does not grow with the question"
        asked += 1
    assert asked > 15


@pytest.mark.attack("A40")
async def test_a_form_without_end_holds_no_memory(arena: Arena) -> None:
    """Of an upload the file is counted; what is not the file must have an end too."""
    frontier = b"--frontier\r\n"
    piece = b"x" * (1 << 16)
    sent = 0

    async def body(start: bytes) -> AsyncIterator[bytes]:
        nonlocal sent
        yield start
        while sent < 300 << 20:
            sent += len(piece)
            yield piece

    for start in (
        b"",
        frontier + b"X-Endless: ",
        frontier + b'Content-Disposition: form-data; name="other"\r\n\r\n',
        frontier + b'Content-Disposition: form-data; name="file"; filename="',
    ):
        sent = 0
        answer = await arena.boss.client.post(
            "/media", content=body(start), headers={"Content-Type": "multipart/form-data; boundary=frontier"}
        )
        assert answer.status_code in (413, 422), (start, answer.text)
        assert sent < 4 << 20, (start, sent)


@pytest.mark.attack("A40")
async def test_a_signed_body_made_to_be_expensive_costs_what_reading_it_costs(arena: Arena) -> None:
    """Three megabytes of nesting from somebody who has the secret: stored as it is, not read while its sender waits."""
    provider = Provider(arena.world.anonymous())
    secret = arena.meta.info()["whatsapp_cloud"]["app_secret"]
    began = time.process_time()
    refused = await provider.post(b"[" * (3 << 20), secret="another", path=f"{URL}{PATH}")
    assert refused.status_code == 403
    assert time.process_time() - began < 0.5
    too_large = await provider.post(b"x" * ((3 << 20) + 1), secret=secret, path=f"{URL}{PATH}")
    assert too_large.status_code == 413


@pytest.mark.attack("A41")
async def test_no_list_has_a_page_without_end(arena: Arena) -> None:
    asked = 0
    for route in every_route(arena.world):
        parameters = DOCUMENT["paths"].get(route.path, {}).get(route.method.lower(), {}).get("parameters", [])
        numbers = [one["name"] for one in parameters if one["in"] == "query" and "integer" in json.dumps(one["schema"])]
        path = Maker(DOCUMENT, arena.case.ours).path(route.path)
        for name in numbers:
            for value in ("1000000000", "9" * 30, "-1", "0x10", "1e9", "101" if name == "limit" else "-5", ""):
                answer = await arena.boss.client.get(f"{URL}{path}", params={name: value})
                assert answer.status_code in (422, *(() if name == "limit" else (200, 404))), (route, name, value)
                asked += 1
    assert asked > 50


@pytest.mark.attack("A41")
async def test_every_list_has_pages(arena: Arena) -> None:
    """What answers `items` takes a limit: but for those that are bounded by what they are."""
    bounded = {
        "/api/v1/contact-fields": "a firm has a hundred at most",
        "/api/v1/quarantine/reasons": "one row for each reason that the source knows",
        "/api/v1/contact-fields/order": "the same hundred",
        "/api/v1/conversations/{conversation_id}/messages/{message_id}/revisions": "the edits of one message",
        "/api/v1/conversations/{conversation_id}/messages/{message_id}/forward": "as many as were asked for",
    }
    schemas = DOCUMENT["components"]["schemas"]
    for path, operations in DOCUMENT["paths"].items():
        for operation in operations.values():
            answer = (
                operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
            )
            fields = schemas.get(answer.get("$ref", "").rsplit("/", 1)[-1], {}).get("properties", {})
            names = {one["name"] for one in operation.get("parameters", [])}
            if "items" in fields and "limit" not in names:
                assert path in bounded, (
                    f"{path} answers a list: give it `limit` and `cursor`, or say here what bounds it"
                )


@pytest.mark.attack("A41", "A44")
async def test_a_storm_of_one_firm_leaves_the_other_its_answers(arena: Arena) -> None:
    """Two hundred questions at once: each is answered, or told to come again; the other firm's are answered."""

    async def ask() -> int:
        answer = await arena.boss.client.get("/conversations", params={"view": "all", "limit": 100})
        return answer.status_code

    storm = [asyncio.create_task(ask()) for _ in range(200)]
    await asyncio.sleep(0)
    other = [(await arena.stranger.client.get("/conversations?view=all")).status_code for _ in range(5)]
    assert other == [200] * 5
    assert set(await asyncio.gather(*storm)) <= {200, 503}
