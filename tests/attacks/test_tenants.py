"""One firm sees nothing of another: requests over every route, generated from the application itself (A1-A5, A18)."""

from __future__ import annotations

import itertools
import json

import pytest

from invekto.accounts.permissions import ROLES
from invekto.entry.api import public_endpoints
from invekto.kernel.auth import SIGNED_IN
from invekto.kernel.ids import uuid7
from tests.attacks.firms import (
    DOCUMENT,
    SECRET,
    SESSION_ENDS,
    Case,
    ask,
    every_route,
    fingerprint,
    made_case,
    nobodys_ids,
    replaced,
    shown,
)
from tests.attacks.requests import Maker
from tests.rest import Json, World, stored


@pytest.fixture
async def case(world: World, superuser_url: str) -> Case:
    return await made_case(world, superuser_url)


@pytest.mark.attack("A1", "A2", "A5")
async def test_another_firms_ids_are_answered_like_ids_that_never_were(
    world: World, superuser_url: str, case: Case
) -> None:
    """A1, A5: every path with a parameter, every method, alone and mixed with our own ids; same status, same body."""
    before = await fingerprint(superuser_url, world, "demo2")
    asked = 0
    for route in every_route(world):
        names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
        if not names or route.path.startswith("/hooks/"):
            continue
        # Of a path with two ids each may be ours: our conversation with their message is not found either.
        for own in itertools.product((False, True), repeat=len(names)):
            if all(own):
                continue
            mixed = {
                **case.theirs,
                **{name: case.ours[name] for name, is_own in zip(names, own, strict=True) if is_own},
            }
            missing = {**mixed, **{name: str(uuid7()) for name, is_own in zip(names, own, strict=True) if not is_own}}
            for given in Maker(DOCUMENT, case.ours).bodies(route.method, route.path):
                found = await ask(case.attacker, world, route.method, Maker(DOCUMENT, mixed).path(route.path), given)
                never = await ask(case.attacker, world, route.method, Maker(DOCUMENT, missing).path(route.path), given)
                assert shown(found) == shown(never), route
                assert found.status_code == 404, (route, given, found.text)
                asked += 1
    assert asked > 25
    assert await fingerprint(superuser_url, world, "demo2") == before, "nothing of theirs has changed"


@pytest.mark.attack("A2")
async def test_another_firms_ids_in_a_body_are_refused_and_change_nothing(
    world: World, superuser_url: str, case: Case
) -> None:
    """A2: our own path, their user, tag or file inside."""
    before = await fingerprint(superuser_url, world, "demo2")
    asked = 0
    sent: set[tuple[str, str, str]] = set()
    for route in every_route(world):
        if (route.method, route.path) in SESSION_ENDS:
            continue
        path = Maker(DOCUMENT, case.ours).path(route.path)
        for given in Maker(DOCUMENT, case.theirs).bodies(route.method, route.path):
            if not any(value in json.dumps(given.get("json")) for value in case.theirs.values()):
                continue
            found = await ask(case.attacker, world, route.method, path, given)
            nobody = nobodys_ids(case.theirs)
            unknown = json.loads(replaced(json.dumps(given), case.theirs, nobody))
            never = await ask(case.attacker, world, route.method, path, unknown)
            # Whom one believes to hold a conversation is compared, never looked up.
            # Passing on answers for each conversation: theirs is one that is not found.
            believed = route.path.endswith(("/take", "/forward"))
            assert found.status_code in ((200, 409) if believed else (404, 422)), (route, given, found.text)
            status, said = shown(found)
            # An answer may say the asked ids again.
            assert (status, replaced(said, case.theirs, nobody)) == shown(never), route
            sent |= {(route.method, route.path, name) for name in names_in(given["json"])}
            asked += 1
    assert asked >= 4
    assert await fingerprint(superuser_url, world, "demo2") == before
    wanted = {
        (route.method, route.path, name)
        for route in every_route(world)
        for name in Maker(DOCUMENT, case.theirs).id_fields(route.method, route.path)
    }
    assert wanted - sent == set(), "each field that holds an id has held theirs"


def names_in(value: object) -> set[str]:
    """The names of all fields, however deep, that hold something."""
    if isinstance(value, list):
        return {name for part in value for name in names_in(part)}
    if not isinstance(value, dict):
        return set()
    inner = {name for part in value.values() for name in names_in(part)}
    return inner | {name for name, part in value.items() if part}


@pytest.mark.attack("A3")
async def test_no_list_document_or_report_holds_anything_of_another_firm(
    world: World, superuser_url: str, case: Case
) -> None:
    """A3: everything that can be asked without naming a row, and our own rows."""
    ids = await stored(
        superuser_url,
        "select id::text from conversation where tenant_id = $1 union select id::text from message where tenant_id = $1"
        " union select id::text from contact where tenant_id = $1 union select id::text from user_account where tenant_id = $1"
        " union select id::text from tag where tenant_id = $1 union select id::text from channel where tenant_id = $1"
        " union select id::text from team where tenant_id = $1 union select id::text from attachment where tenant_id = $1"
        " union select id::text from identity where tenant_id = $1 union select id::text from quarantine where tenant_id = $1",
        world.firms["demo2"].id,
    )
    await stored(superuser_url, "grant select on alembic_version to invekto_app")
    theirs = {row[0] for row in ids} | {str(world.firms["demo2"].id), "demo2"}
    read = 0
    for route in every_route(world):
        if route.method != "GET" or route.path.startswith(("/hooks/", "/metrics")):
            continue
        path = Maker(DOCUMENT, case.ours).path(route.path)
        for query in ("", "?view=all&status=open&limit=100", "?view=unassigned", "?download=1"):
            answer = await ask(case.attacker, world, "GET", path + query, {})
            assert answer.status_code == 200, (path, answer.text)
            assert [secret for secret in theirs if secret in answer.text] == [], path
            read += 1
    assert read > 40
    assert SECRET in (await ask(case.attacker, world, "GET", "/api/v1/quarantine", {})).text, "our own are there"


@pytest.mark.attack("A3")
async def test_a_list_filtered_by_another_firms_ids_is_the_list_of_ids_that_never_were(
    world: World, superuser_url: str, case: Case
) -> None:
    """A3: each filter of each route that takes an id, with the view that sees most."""
    await stored(superuser_url, "grant select on alembic_version to invekto_app")
    asked = 0
    for route in every_route(world):
        names = Maker(DOCUMENT, case.theirs).query_ids(route.method, route.path)
        path = Maker(DOCUMENT, case.ours).path(route.path)
        for name in names:
            query = {"view": "all", **Maker(DOCUMENT, case.theirs).query(frozenset({name}))}
            found = await case.attacker.client.request(route.method, f"http://desk.test{path}", params=query)
            query[name] = str(uuid7())
            never = await case.attacker.client.request(route.method, f"http://desk.test{path}", params=query)
            assert found.status_code in (200, 404), (route, name, found.text)
            assert shown(found) == shown(never), (route, name)
            assert SECRET not in found.text, (route, name)
            asked += 1
    assert asked >= 2


@pytest.mark.attack("A3")
async def test_another_firms_cursor_leads_only_through_our_own_rows(world: World, case: Case) -> None:
    stranger = await world.browser("supervisor", "demo2")
    for number in range(3):
        await world.write(f"+90555111000{number}", firm="demo2")
    for path in (
        "/conversations?view=all&limit=1",
        f"/conversations/{case.theirs['conversation_id']}/messages?limit=1",
    ):
        cursor = (await stranger.client.get(path)).json()["next_cursor"]
        assert cursor
        ours = path.replace(case.theirs["conversation_id"], case.ours["conversation_id"])
        answer = await case.attacker.client.get(f"{ours}&cursor={cursor}")
        assert answer.status_code == 200
        for row in answer.json()["items"]:
            assert row.get("conversation_id", row["id"]) == case.ours["conversation_id"]


@pytest.mark.attack("A1")
async def test_a_webhook_address_tells_nobody_which_firms_and_channels_there_are(world: World, case: Case) -> None:
    for key in (case.theirs["key"], str(world.firms["demo2"].id)):
        answers = []
        for place in (key, str(uuid7())):
            client = world.anonymous()
            answers.append(shown(await client.post(f"http://desk.test/hooks/whatsapp_cloud/{place}", content=b"{}")))
        assert answers[0] == answers[1]
        assert answers[0][0] == 403


@pytest.mark.attack("A18")
async def test_without_a_session_every_route_but_the_public_ones_is_shut(world: World, case: Case) -> None:
    public = public_endpoints()
    shut = 0
    for route in every_route(world):
        if (route.method, route.path) in public:
            continue
        path = Maker(DOCUMENT, case.ours).path(route.path)
        for given in Maker(DOCUMENT, case.ours).bodies(route.method, route.path):
            answer = await ask(None, world, route.method, path, given)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "session_required"), route
            shut += 1
    assert shut > 25


@pytest.mark.attack("A18")
async def test_what_a_role_may_not_do_is_forbidden_and_does_nothing(
    world: World, superuser_url: str, case: Case
) -> None:
    """A18: every route whose permission a user does not hold."""
    agent = await world.browser("agent1")
    before = await fingerprint(superuser_url, world, "demo")
    held = ROLES["user"] | {SIGNED_IN}
    refused = []
    for route in every_route(world):
        if route.permission is None or route.permission in held:
            continue
        path = Maker(DOCUMENT, case.ours).path(route.path)
        for given in Maker(DOCUMENT, case.ours).bodies(route.method, route.path):
            answer = await ask(agent, world, route.method, path, given)
            error: Json = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (403, "forbidden"), route
            refused.append(route.path)
    assert "/api/v1/tags" in refused
    assert "/api/v1/quarantine" in refused
    assert await fingerprint(superuser_url, world, "demo") == before
