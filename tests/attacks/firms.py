"""Two firms with one of everything, and how an attacker asks.

**Whoever adds a route whose path, query or body names a row puts the row's id into `secrets_of`**: the generated attacks
(test_tenants) ask for it as the other firm, and fail until they can.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import httpx

from invekto.channels.adapter import InboundAttachment
from invekto.entry.api import Endpoint, endpoints, openapi_document
from invekto.kernel.ids import uuid7
from tests.attacks.requests import PNG
from tests.rest import Browser, World, stored

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
    field = await supervisor.post("/contact-fields", {"label": f"{SECRET} alan", "type": "text"})
    contact = f"/contacts/{row['contact']['id']}"
    await supervisor.patch(contact, {"fields": {field["key"]: f"{SECRET} değer"}})
    note = await supervisor.post(f"{contact}/notes", {"text": f"{SECRET} not"})
    return {
        "field_id": field["id"],
        "field_ids": field["id"],
        "note_id": note["id"],
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
        "assignee_id": str(world.firms[firm].users["agent1"]),
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


async def made_case(world: World, superuser_url: str) -> Case:
    """`demo2` has something to hide, `demo` has the like of it, and the supervisor of `demo` attacks."""
    theirs, ours = await secrets_of(world, "demo2"), await secrets_of(world, "demo")
    await park(superuser_url, world, "demo2", theirs["quarantine_id"])
    await park(superuser_url, world, "demo", ours["quarantine_id"])
    await approve(superuser_url, world, "demo2", theirs["template_id"])
    await approve(superuser_url, world, "demo", ours["template_id"])
    return Case(theirs, ours, await world.browser("supervisor"))


def replaced(text: str, names: dict[str, str], by: dict[str, str]) -> str:
    for name, value in names.items():
        if name != "kind":
            text = text.replace(value, by[name])
    return text
