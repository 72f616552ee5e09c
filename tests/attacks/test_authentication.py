"""Pages of other sites, forged proxies and hosts, guessed passwords (A9-A12, A14)."""

from __future__ import annotations

import json

import pytest

from tests.attacks.arena import Arena
from tests.attacks.firms import DOCUMENT, every_route, fingerprint
from tests.attacks.requests import Maker
from tests.rest import PASSWORD, URL

EVIL = "evil.example"
FOREIGN = (
    {"Origin": f"https://{EVIL}"},
    {"Origin": "null"},
    {"Origin": URL.replace("http://", "https://")},
    {"Origin": f"{URL}.{EVIL}"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
)


@pytest.mark.attack("A12")
async def test_a_page_of_another_site_changes_nothing_by_any_route(arena: Arena) -> None:
    """Every route that changes something, with a signed-in user's cookie and the headers a browser would send."""
    before = await fingerprint(arena.superuser_url, arena.world, "demo")
    client = arena.world.anonymous()
    del client.headers["Origin"]
    client.cookies.update(arena.boss.client.cookies)
    asked = 0
    for route in every_route(arena.world):
        if route.method == "GET" or route.path.startswith("/hooks/"):
            continue
        path = Maker(DOCUMENT, arena.case.ours).path(route.path)
        for given in Maker(DOCUMENT, arena.case.ours).bodies(route.method, route.path):
            for headers in FOREIGN:
                answer = await client.request(
                    route.method, f"{URL}{path}", headers={**headers, "Idempotency-Key": "k"}, **given
                )
                assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_refused"), (route, headers)
                asked += 1
    assert asked > 100
    assert await fingerprint(arena.superuser_url, arena.world, "demo") == before


@pytest.mark.attack("A9", "A14")
async def test_a_forged_address_does_not_start_the_throttle_anew(arena: Arena) -> None:
    client = arena.world.anonymous("198.51.100.77")
    given = {"firm": "demo", "user": "agent3", "password": "wrong"}
    names = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP")
    seen = []
    for number in range(8):
        headers = dict.fromkeys(names, f"192.0.2.{number}") | {"Forwarded": f"for=192.0.2.{number}"}
        seen.append((await client.post("/session", json=given, headers=headers)).status_code)
    assert seen == [401] * 5 + [429] * 3
    right = await client.post("/session", json={**given, "password": PASSWORD}, headers={"X-Forwarded-For": "9.9.9.9"})
    assert right.status_code == 429
    elsewhere = await arena.world.anonymous("198.51.100.78").post("/session", json={**given, "password": PASSWORD})
    assert elsewhere.status_code == 200, "nobody is locked out from elsewhere"


@pytest.mark.attack("A14")
@pytest.mark.parametrize(
    "name",
    [
        "Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Forwarded-Email", "X-Auth-Request-User", "X-WEBAUTH-USER",
        "X-MS-CLIENT-PRINCIPAL-NAME", "X-Amzn-Oidc-Identity", "X-User-Id", "X-Tenant-Id", "Authorization",
    ],
)  # fmt: skip
async def test_a_header_of_a_sign_in_proxy_is_no_session(arena: Arena, name: str) -> None:
    supervisor = str(arena.world.firm.users["supervisor"])
    for value in (
        "supervisor",
        supervisor,
        f"Bearer {supervisor}",
        str(arena.world.firm.id),
        "Basic c3VwZXJ2aXNvcjpkZW1v",
    ):
        answer = await arena.world.anonymous().get("/session", headers={name: value})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "session_required")
        own = await arena.agent.client.get("/session", headers={name: value})
        assert own.json()["user"]["username"] == "agent1", "and it changes no session"


@pytest.mark.attack("A10", "A14")
async def test_no_address_that_we_give_out_follows_a_forged_host(arena: Arena) -> None:
    """What people copy into Meta's pages, and where the dialog comes back to, is made of the operator's own address."""
    headers = {
        "Host": EVIL,
        "X-Forwarded-Host": EVIL,
        "X-Forwarded-Proto": "https",
        "X-Original-URL": f"http://{EVIL}/",
    }
    channel = arena.case.ours["channel_id"]
    seen = ""
    for route in every_route(arena.world):
        if route.method != "GET" or not route.path.startswith("/api/"):
            continue
        path = Maker(DOCUMENT, arena.case.ours).path(route.path)
        answer = await arena.boss.client.get(f"{URL}{path}", headers=headers)
        assert EVIL not in answer.text, route
        assert EVIL not in json.dumps(dict(answer.headers)), route
        seen += answer.text
    health = (await arena.boss.client.get(f"/channels/{channel}/health", headers=headers)).json()
    assert health["webhook_url"].startswith(f"{URL}/hooks/")
    assert f"{URL}/hooks/" in seen
    for path in ("//evil.example/%2e%2e", "/api/v1//evil.example", "/hooks/whatsapp_cloud/"):
        answer = await arena.world.anonymous().get(f"{URL}{path}", headers=headers, follow_redirects=False)
        assert "location" not in answer.headers, "nothing here sends a browser elsewhere"


@pytest.mark.attack("A11")
async def test_a_session_is_of_no_use_beside_its_cookie(arena: Arena) -> None:
    """A token in an address, a header or a body is nobody's session."""
    token = arena.boss.client.cookies["invekto_session"]
    client = arena.world.anonymous()
    for query in (f"?invekto_session={token}", f"?session={token}", f"?token={token}"):
        assert (await client.get(f"/session{query}")).status_code == 401
    for name in ("Authorization", "X-Session", "X-Api-Key", "X-Auth-Token"):
        assert (await client.get("/session", headers={name: f"Bearer {token}"})).status_code == 401
