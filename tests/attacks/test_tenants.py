"""One firm sees nothing of another: requests over every route, generated from the application itself (A1-A5, A18)."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from invekto.accounts.permissions import ROLES
from invekto.channels.adapter import InboundAttachment
from invekto.entry.api import Endpoint, endpoints, openapi_document, public_endpoints
from invekto.kernel.auth import SIGNED_IN
from invekto.kernel.ids import uuid7
from tests.attacks.requests import PNG, Maker
from tests.rest import Browser, Json, World, stored

SECRET = "Gizli"
# What these do to the session that asks would end the test; what they may do is tested with accounts.
SESSION_ENDS = {("DELETE", "/api/v1/session"), ("POST", "/api/v1/session")}
DOCUMENT = openapi_document()


def every_route(world: World) -> list[Endpoint]:
    found = [one for one in endpoints(world.app) if one.method not in ("WEBSOCKET", "HEAD")]
    assert len(found) > 30, "the walk has found the routes"
    return found


async def secrets_of(world: World, firm: str) -> dict[str, str]:
    """A firm with one of everything. The ids by the names that routes and bodies use."""
    supervisor = await world.browser("supervisor", firm)
    conversation = await world.write(
        "+905559990001",
        f"{SECRET} mesaj",
        firm=firm,
        name=f"{SECRET} {firm}",
        kind="image",
        attachments=(InboundAttachment(kind="image", media_id="m", mime="image/png", name=f"{SECRET}.png"),),
    )
    await supervisor.say(conversation, f"{SECRET} not", kind="note")
    tag = await supervisor.post("/tags", {"name": f"{SECRET} etiket", "color": "red"})
    await supervisor.put(f"/conversations/{conversation}/tags", {"tag_ids": [tag["id"]]})
    answer = await supervisor.client.post("/media", files={"file": (f"{SECRET}.png", PNG, "image/png")})
    file = answer.json()
    body = {"type": "image", "attachment_id": file["id"], "text": SECRET}
    sent = await supervisor.post(f"/conversations/{conversation}/messages", body, idempotency_key=f"{SECRET} key")
    await world.report(sent["id"], "failed", firm=firm, error_code="invalid_recipient")
    row = await supervisor.get(f"/conversations/{conversation}")
    texts = {"tr": f"{SECRET} metin"}
    canned = await supervisor.post("/canned-replies", {"shortcut": "gizli", "title": f"{SECRET} yanıt", "texts": texts})
    return {
        "canned_reply_id": canned["id"],
        "attachment_ids": file["id"],
        "template_id": str(uuid7()),
        "conversation_id": str(conversation),
        "message_id": sent["id"],
        "reply_to_id": sent["id"],
        "to_id": sent["id"],
        "conversation_ids": str(conversation),
        "attachment_id": file["id"],
        "contact_id": row["contact"]["id"],
        "tag_ids": tag["id"],
        "user_id": str(world.firms[firm].users["agent1"]),
        "from": str(world.firms[firm].users["supervisor"]),
        "quarantine_id": str(uuid7()),
        "channel_id": str(world.firms[firm].channel),
        "team_id": str(world.firms[firm].team_a),
        "kind": "whatsapp_cloud",
        "key": str(world.firms[firm].channel),
    }


async def park(superuser_url: str, world: World, firm: str, quarantine_id: str) -> None:
    """A part of a webhook that could not be stored."""
    await stored(
        superuser_url,
        "insert into quarantine (id, tenant_id, receipt_id, kind, path, raw, reason, created_at)"
        " values ($1, $2, 1, 'whatsapp_cloud', $1::uuid::text, $3, 'refused', now())",
        quarantine_id,
        world.firms[firm].id,
        f"{SECRET} ham".encode(),
    )


async def approve(superuser_url: str, world: World, firm: str, template_id: str) -> None:
    """A template as its provider's list has brought it."""
    await stored(
        superuser_url,
        "insert into template (tenant_id, id, kind, provider, account_key, provider_id, name, language, category, status,"
        " parameter_format, components, search_key, created_at, changed_at)"
        " values ($1, $2, 'whatsapp_cloud', 'meta', $1::uuid::text, '1', $3, 'tr', 'UTILITY', 'APPROVED', 'POSITIONAL', $4,"
        " '', now(), now())",
        world.firms[firm].id,
        template_id,
        f"{SECRET} şablon",
        json.dumps([{"type": "BODY", "text": f"{SECRET} gövde"}]),
    )


def nobodys_ids(ids: dict[str, str]) -> dict[str, str]:
    return {name: value if name == "kind" else str(uuid7()) for name, value in ids.items()}


async def fingerprint(superuser_url: str, world: World, firm: str) -> dict[str, str]:
    """Every row of a firm, by table."""
    tables = await stored(
        superuser_url,
        "select table_name from information_schema.columns where column_name = 'tenant_id' and table_schema = 'public'",
    )
    found = {}
    for (table,) in tables:
        rows = await stored(
            superuser_url,
            f"select coalesce(string_agg(x::text, '|' order by x::text), '') from \"{table}\" x where tenant_id = $1",
            world.firms[firm].id,
        )
        found[table] = hashlib.sha256(rows[0][0].encode()).hexdigest()
    return found


async def ask(browser: Browser | None, world: World, method: str, path: str, given: dict[str, Any]) -> httpx.Response:
    client = browser.client if browser is not None else world.anonymous()
    headers = {"Idempotency-Key": str(uuid7())}
    return await client.request(method, f"http://desk.test{path}", headers=headers, **given)


def shown(answer: httpx.Response) -> tuple[int, str]:
    """What an attacker can compare: status and body, without the request's own id."""
    text = answer.text
    if answer.status_code >= 400 and answer.headers.get("content-type", "").startswith("application/json"):
        body = json.loads(text)
        body["error"].pop("request_id", None)
        text = json.dumps(body)
    return answer.status_code, text


@dataclass
class Case:
    theirs: dict[str, str]
    ours: dict[str, str]
    attacker: Browser


@pytest.fixture
async def case(world: World, superuser_url: str) -> Case:
    theirs, ours = await secrets_of(world, "demo2"), await secrets_of(world, "demo")
    await park(superuser_url, world, "demo2", theirs["quarantine_id"])
    await park(superuser_url, world, "demo", ours["quarantine_id"])
    await approve(superuser_url, world, "demo2", theirs["template_id"])
    await approve(superuser_url, world, "demo", ours["template_id"])
    return Case(theirs, ours, await world.browser("supervisor"))


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


async def test_another_firms_ids_in_a_body_are_refused_and_change_nothing(
    world: World, superuser_url: str, case: Case
) -> None:
    """A2: our own path, their user, tag or file inside."""
    before = await fingerprint(superuser_url, world, "demo2")
    asked = 0
    for route in every_route(world):
        if (route.method, route.path) in SESSION_ENDS:
            continue
        path = Maker(DOCUMENT, case.ours).path(route.path)
        for given in Maker(DOCUMENT, case.theirs).bodies(route.method, route.path):
            if not any(value in json.dumps(given.get("json")) for value in case.theirs.values()):
                continue
            found = await ask(case.attacker, world, route.method, path, given)
            nobody = nobodys_ids(case.theirs)
            unknown = json.loads(_replaced(json.dumps(given), case.theirs, nobody))
            never = await ask(case.attacker, world, route.method, path, unknown)
            # Whom one believes to hold a conversation is compared, never looked up.
            # Passing on answers for each conversation: theirs is one that is not found.
            believed = route.path.endswith(("/take", "/forward"))
            assert found.status_code in ((200, 409) if believed else (404, 422)), (route, given, found.text)
            status, said = shown(found)
            # An answer may say the asked ids again.
            assert (status, _replaced(said, case.theirs, nobody)) == shown(never), route
            asked += 1
    assert asked >= 4
    assert await fingerprint(superuser_url, world, "demo2") == before


def _replaced(text: str, names: dict[str, str], by: dict[str, str]) -> str:
    for name, value in names.items():
        if name != "kind":
            text = text.replace(value, by[name])
    return text


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


async def test_a_webhook_address_tells_nobody_which_firms_and_channels_there_are(world: World, case: Case) -> None:
    for key in (case.theirs["key"], str(world.firms["demo2"].id)):
        answers = []
        for place in (key, str(uuid7())):
            client = world.anonymous()
            answers.append(shown(await client.post(f"http://desk.test/hooks/whatsapp_cloud/{place}", content=b"{}")))
        assert answers[0] == answers[1]
        assert answers[0][0] == 403


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
