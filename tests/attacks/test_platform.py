"""What every answer says to a browser, and which ways in there are (A8, A36-A38, A47)."""

from __future__ import annotations

import httpx
import pytest

from invekto.entry.api import endpoints
from tests.attacks.arena import Arena
from tests.attacks.firms import DOCUMENT, ask, every_route
from tests.attacks.requests import Maker
from tests.rest import URL

# Answers that name their own rule for copies, each stricter than none and bound to the session by `Vary`.
OWN_COPIES = {"/api/v1/media/{attachment_id}": "private, no-cache"}
NOWHERE = (
    "/api/v2/session", "/api/v1/admin", "/api/v1/users/me", "/api/v1/tenants", "/api/v1/debug", "/api/v1/../metrics",
    "/api/v1/openapi.yaml", "/api/openapi.json", "/api/docs", "/api/v1/docs", "/api/v1/redoc", "/api/graphql",
    "/api/v1/internal", "/api", "/api/", "/api/v1", "/health/", "/health/x", "/hooks/", "/hooks/sms", "/hooks/whatsapp_cloud/x",
)  # fmt: skip
CLIENTS_OWN = (
    "/hooks",
    "/health",
    "/.env",
    "/.git/config",
    "/docs",
    "/redoc",
    "/openapi.json",
    "/admin",
    "/debug",
    "/server-status",
    "/_control",
)


async def every_answer(arena: Arena) -> list[tuple[str, httpx.Response]]:
    """One of each kind: of every route by a supervisor, without a session, with ids of nothing, and of the client's pages."""
    found = []
    await ask(arena.boss, arena.world, "GET", "/api/v1/session", {})
    for route in every_route(arena.world):
        if route.path.startswith("/hooks/") or (route.method, route.path) == ("DELETE", "/api/v1/session"):
            continue
        path = Maker(DOCUMENT, arena.case.ours).path(route.path)
        found.append((route.path, await ask(None, arena.world, route.method, path, {})))
        if route.method == "GET":
            found.append((route.path, await ask(arena.boss, arena.world, "GET", path, {})))
            nobody = Maker(DOCUMENT, arena.case.theirs).path(route.path)
            found.append((route.path, await ask(arena.boss, arena.world, "GET", nobody, {})))
        elif "requestBody" in DOCUMENT["paths"][route.path][route.method.lower()]:
            found.append((route.path, await ask(arena.boss, arena.world, route.method, path, {"content": b"{"})))
    visitor = arena.world.anonymous()
    pages = ("/", "/login", "/assets/none.js", *NOWHERE, *CLIENTS_OWN)
    return found + [(path, await visitor.get(f"{URL}{path}")) for path in pages]


@pytest.mark.attack("A8", "A36", "A37", "A38")
async def test_every_answer_protects_the_browser_and_says_nothing_of_the_machine(arena: Arena) -> None:
    answers = await every_answer(arena)
    assert len(answers) > 120
    for path, answer in answers:
        headers = answer.headers
        csp = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in csp or "sandbox" in csp, path
        assert "unsafe-eval" not in csp, path
        script = next((part for part in csp.split(";") if part.strip().startswith("script-src")), "")
        assert "unsafe-inline" not in script, path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert not any(name.startswith("access-control-") for name in headers), path
        assert "server" not in headers, path
        assert "x-powered-by" not in headers, path
        if path.startswith("/api/"):
            wanted = OWN_COPIES.get(path) if answer.status_code < 300 else None
            assert headers["cache-control"] == (wanted or "no-store, private"), (path, answer.status_code)
        assert answer.status_code < 500, path
        for word in ("Traceback", "asyncpg", "sqlalchemy", "site-packages", ".py"):
            assert word not in answer.text or path == "/api/v1/openapi.json", (path, word)


@pytest.mark.attack("A37")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://desk.test.evil.example", "*", URL])
async def test_no_origin_is_allowed_to_read(arena: Arena, origin: str) -> None:
    """Not even by a preflight: the client lives where the API does and asks for none."""
    for route in every_route(arena.world):
        path = Maker(DOCUMENT, arena.case.ours).path(route.path)
        preflight = await arena.boss.client.request(
            "OPTIONS",
            f"{URL}{path}",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": route.method,
                "Access-Control-Request-Headers": "idempotency-key",
            },
        )
        assert preflight.status_code in (403, 404, 405), route
        assert not any(name.startswith("access-control-") for name in preflight.headers), route
    read = await arena.boss.client.get("/session", headers={"Origin": origin})
    assert not any(name.startswith("access-control-") for name in read.headers)


@pytest.mark.attack("A47")
async def test_the_document_names_every_route_and_no_other(arena: Arena) -> None:
    served = {
        (one.method, one.path)
        for one in endpoints(arena.world.app)
        if one.path.startswith("/api/") and one.method not in ("HEAD", "WEBSOCKET")
    }
    named = {(method.upper(), path) for path, operations in DOCUMENT["paths"].items() for method in operations}
    assert served - named == {("GET", "/api/v1/openapi.json")}
    assert named - served == set()
    other = {one.path.split("/")[1] for one in endpoints(arena.world.app)}
    assert other == {"api", "hooks", "health", "metrics"}, (
        "a new family of addresses: give it attacks of its own beside those of REST, webhooks, stream and files"
    )


@pytest.mark.attack("A38", "A47")
async def test_guessed_addresses_lead_nowhere(arena: Arena) -> None:
    for browser in (arena.world.anonymous(), arena.boss.client):
        for path in NOWHERE:
            answer = await browser.get(f"{URL}{path}")
            assert answer.status_code in (403, 404), path
            assert answer.json()["error"]["code"] in ("not_found", "forbidden"), path
        for path in CLIENTS_OWN:
            answer = await browser.get(f"{URL}{path}")
            assert answer.status_code == 404 or "<div id=" in answer.text, path
        for method in ("TRACE", "CONNECT", "PROPFIND", "X"):
            answer = await browser.request(method, f"{URL}/api/v1/session")
            assert answer.status_code in (403, 405), method
            assert "invekto_session" not in answer.text, "a cookie is echoed to nobody"
