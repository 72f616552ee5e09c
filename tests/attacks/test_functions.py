"""Fields that nobody may set, and answers that say too much (A16, A17)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.attacks.arena import Arena
from tests.attacks.firms import DOCUMENT, SESSION_ENDS, ask, every_route, fingerprint
from tests.attacks.requests import Maker
from tests.rest import APP_SECRET, PASSWORD, Json, stored

FORBIDDEN = {
    "tenant_id": "01980000-0000-7000-8000-000000000000",
    "role": "supervisor",
    "is_admin": True,
    "permissions": ["users.manage"],
    "created_at": "2020-01-01T00:00:00Z",
    "id": "01980000-0000-7000-8000-000000000001",
    "__proto__": {"role": "supervisor"},
}
# Objects of a body that take names which we do not know, each with its reason: what checks them instead.
OPEN = {
    "components": "a template in its provider's shape; templates/lint reads it",
    "values": "a template's values by the keys of its variables",
    "texts": "a canned reply's texts by language",
    "fields": "a contact's values by the keys of the firm's own fields",
    "was": "the same values as somebody saw them",
}
# Names of fields in answers that say something secret by their sound, each with its reason.
SAID = {
    "verify_token": "of a firm's own app, shown once to who manages channels, to be pasted at Meta",
    "token_expires_at": "a time",
}
SECRETIVE = re.compile(r"password|secret|token|hash|credential|cookie|sealed|private|api_?key|pin$", re.IGNORECASE)


def schema(ref: str) -> Json:
    found: Json = DOCUMENT["components"]["schemas"][ref.rsplit("/", 1)[1]]
    return found


def objects(part: Any, name: str = "", seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, Json]]:
    """Every object of a schema, however deep, with the name of the field that holds it."""
    if isinstance(part, list):
        for one in part:
            yield from objects(one, name, seen)
    if not isinstance(part, dict):
        return
    if (ref := part.get("$ref")) is not None:
        if ref not in seen:
            yield from objects(schema(ref), name, seen | {ref})
        return
    if part.get("type") == "object":
        yield name, part
    for key, inner in part.get("properties", {}).items():
        yield from objects(inner, key, seen)
    for key in ("items", "oneOf", "anyOf", "allOf", "additionalProperties"):
        yield from objects(part.get(key), name, seen)


def bodies_and_answers() -> Iterator[tuple[str, Json | None, list[Json]]]:
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            answers = [
                answer["content"]["application/json"]["schema"]
                for answer in operation["responses"].values()
                if "application/json" in answer.get("content", {})
            ]
            yield f"{method.upper()} {path}", body, answers


@pytest.mark.attack("A16")
def test_every_object_of_every_body_refuses_fields_it_does_not_name() -> None:
    open_objects = {
        (place, name)
        for place, body, _ in bodies_and_answers()
        if body is not None
        for name, part in objects(body)
        if part.get("additionalProperties") is not False and name not in OPEN
    }
    assert open_objects == set(), "forbid extra fields, or give the reason in OPEN"


@pytest.mark.attack("A16")
async def test_a_field_that_nobody_may_set_is_refused_and_sets_nothing(arena: Arena) -> None:
    before = await fingerprint(arena.superuser_url, arena.world, "demo")
    refused = 0
    for route in every_route(arena.world):
        if (route.method, route.path) in SESSION_ENDS:
            continue
        path = Maker(DOCUMENT, arena.case.ours).path(route.path)
        for given in Maker(DOCUMENT, arena.case.ours).bodies(route.method, route.path):
            if not isinstance(given.get("json"), dict):
                continue
            for name, value in FORBIDDEN.items():
                if name in given["json"]:
                    continue
                body = {**given["json"], name: value}
                answer = await ask(arena.boss, arena.world, route.method, path, {"json": body})
                assert answer.status_code == 422, (route, name, answer.text)
                fields = [
                    (field["path"].rsplit(".", 1)[-1], field["code"]) for field in answer.json()["error"]["fields"]
                ]
                assert (name, "unknown_field") in fields, (route, name, answer.text)
                refused += 1
    assert refused > 150
    assert await fingerprint(arena.superuser_url, arena.world, "demo") == before


@pytest.mark.attack("A17")
def test_no_answer_has_a_field_that_sounds_secret() -> None:
    found = {
        (place, name)
        for place, _, answers in bodies_and_answers()
        for _, part in objects(answers)
        for name in part.get("properties", {})
        if SECRETIVE.search(name) and name not in SAID
    }
    assert found == set(), "leave it out, or say in SAID why it is no secret"


@pytest.mark.attack("A17", "A39")
async def test_no_answer_to_anybody_holds_a_secret_that_is_stored(arena: Arena) -> None:
    """Everything that can be read, by an agent and by a supervisor, looked through for what must never leave."""
    rows = await stored(
        arena.superuser_url,
        "select password_hash from user_account union all select encode(token_hash, 'hex') from session"
        " union all select encode(token_hash, 'base64') from session",
    )
    secrets = {row[0] for row in rows} | {
        PASSWORD,
        APP_SECRET,
        "EAAtest",
        arena.meta.info()["whatsapp_cloud"]["app_secret"],
    }
    secrets |= {browser.client.cookies["invekto_session"] for browser in (arena.boss, arena.agent, arena.stranger)}
    read = 0
    for browser in (arena.boss, arena.agent):
        for route in every_route(arena.world):
            if route.method != "GET" or route.path.startswith("/hooks/"):
                continue
            path = Maker(DOCUMENT, arena.case.ours).path(route.path)
            answer = await ask(browser, arena.world, "GET", path, {})
            assert [secret for secret in secrets if secret in answer.text] == [], route
            read += 1
    assert read > 40


@pytest.mark.attack("A17")
async def test_an_agent_learns_of_colleagues_only_who_they_are(arena: Arena) -> None:
    users = await arena.agent.get("/users")
    assert {tuple(sorted(user)) for user in users["items"]} == {("id", "name", "role", "username")}
