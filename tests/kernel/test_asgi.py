from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from invekto.kernel.answers import answer_errors
from invekto.kernel.asgi import Edge, EdgeOptions
from invekto.kernel.errors import Conflict, NotFound, Throttled, Unavailable
from invekto.kernel.metrics import exposition
from invekto.kernel.origins import client_address, own_origins

OWN = "https://desk.example.com"


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=5)
    kind: str = Field(default="a", pattern="^[ab]$")
    tag_ids: list[int] = []


def application(**options: Any) -> Edge:
    app = FastAPI(openapi_url=None)
    answer_errors(app)
    router = APIRouter(prefix="/api/v1")

    @router.get("/whoami")
    async def whoami(request: Request) -> dict[str, Any]:
        return {"address": request.client and request.client.host, "id": request.state.request_id}

    @router.post("/things")
    async def things(body: Body) -> dict[str, int]:
        return {"length": len(body.text)}

    @router.get("/list")
    async def listing(limit: Annotated[int, Query(ge=1, le=100)]) -> int:
        return limit

    @router.get("/taken/{thing}")
    async def taken(thing: str) -> None:
        raise Conflict("conversation_taken", params={"user_id": "u", "name": "Ayşe"})

    @router.get("/missing")
    async def missing() -> None:
        raise NotFound

    @router.get("/later")
    async def later() -> None:
        raise Throttled("sign_in_throttled", retry_after_s=12.2)

    @router.get("/defect")
    async def defect() -> None:
        raise ZeroDivisionError("a secret detail")

    @router.get("/half")
    async def half() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"half"
            raise ZeroDivisionError

        return StreamingResponse(chunks())

    @router.get("/own-headers")
    async def own_headers() -> Response:
        return Response(headers={"Cache-Control": "private, max-age=60", "Content-Security-Policy": "sandbox"})

    async def hook(request: Request) -> Response:
        if request.headers.get("x-mode") == "down":
            raise Unavailable
        return PlainTextResponse(str(len(await request.body())))

    app.include_router(router)
    app.router.routes.append(Route("/hooks/{kind}", hook, methods=["GET", "POST"]))
    options.setdefault("public_url", OWN)
    return Edge(app, EdgeOptions(body_limits=(("/hooks/", 3_000), ("/api/", 1_000)), **options))


def client(app: Edge | None = None, peer: str = "203.0.113.7") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app or application(), client=(peer, 4321), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=OWN)


@pytest.mark.attack("A36")
async def test_every_answer_of_the_api_carries_the_protective_headers() -> None:
    async with client() as http:
        for path in ("/api/v1/whoami", "/api/v1/missing", "/api/v1/defect", "/nowhere", "/hooks/x"):
            headers = (await http.get(path)).headers
            csp = headers["content-security-policy"]
            assert "script-src 'self';" in csp
            assert "frame-ancestors 'none'" in csp
            assert "'unsafe-eval'" not in csp
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["strict-transport-security"].startswith("max-age=")
            assert "access-control-allow-origin" not in headers
            assert (headers.get("cache-control") == "no-store, private") == path.startswith("/api")


async def test_strict_transport_security_is_said_over_https_only() -> None:
    async with client(application(public_url="http://127.0.0.1:8000")) as http:
        assert "strict-transport-security" not in (await http.get("/api/v1/whoami")).headers


async def test_a_route_may_be_stricter_about_its_own_headers() -> None:
    async with client() as http:
        headers = (await http.get("/api/v1/own-headers")).headers
        assert headers.get_list("content-security-policy") == ["sandbox"]
        assert headers.get_list("cache-control") == ["private, max-age=60"]


async def test_a_request_has_an_id_that_its_answer_and_its_error_repeat() -> None:
    async with client() as http:
        answer = await http.get("/api/v1/whoami", headers={"X-Request-Id": "from-proxy-1234"})
        assert answer.headers["x-request-id"] == answer.json()["id"] == "from-proxy-1234"
        refused = await http.get("/api/v1/missing")
        assert refused.json()["error"]["request_id"] == refused.headers["x-request-id"]


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f g h", "<script>alert(1)</script>", "..", "ıııııııı"])
async def test_an_id_that_is_no_id_is_replaced(given: str) -> None:
    async with client() as http:
        answer = await http.get("/api/v1/whoami", headers={b"X-Request-Id": given.encode()})
        assert len(answer.headers["x-request-id"]) == 36


# Errors.


async def test_an_error_has_the_documented_shape_in_the_language_asked_for() -> None:
    async with client() as http:
        english = await http.get("/api/v1/taken/1", headers={"Accept-Language": "en-GB,tr;q=0.5"})
        turkish = await http.get("/api/v1/taken/1", headers={"Accept-Language": "tr"})
    assert english.status_code == 409
    assert english.json() == {
        "error": {
            "code": "conversation_taken",
            "message": "Ayşe has taken this conversation.",
            "params": {"user_id": "u", "name": "Ayşe"},
            "fields": [],
            "request_id": english.headers["x-request-id"],
        }
    }
    assert turkish.json()["error"]["message"] == "Bu konuşmayı Ayşe üstlendi."
    assert (english.headers["content-language"], turkish.headers["content-language"]) == ("en", "tr")


async def test_who_may_ask_again_is_told_when() -> None:
    async with client() as http:
        answer = await http.get("/api/v1/later")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "13")
        assert answer.json()["error"]["params"] == {"retry_after_s": 13}
        hook = await http.post("/hooks/x", headers={"x-mode": "down"})
        assert (hook.status_code, hook.headers["retry-after"], hook.json()["error"]["code"]) == (
            503,
            "1",
            "unavailable",
        )


async def test_an_unknown_path_and_a_wrong_method_have_the_same_shape() -> None:
    async with client() as http:
        unknown = await http.get("/api/v1/unknown")
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "not_found")
        assert unknown.headers["content-type"] == "application/json"
        wrong = await http.delete("/api/v1/whoami")
        assert (wrong.status_code, wrong.json()["error"]["code"], wrong.headers["allow"]) == (405, "method_not_allowed", "GET")  # fmt: skip


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, [("text", "required")]),
        ({"text": ""}, [("text", "too_short")]),
        ({"text": "toolong"}, [("text", "too_long")]),
        ({"text": 1}, [("text", "wrong_type")]),
        ({"text": "a", "kind": "x"}, [("kind", "wrong_format")]),
        ({"text": "a", "tag_ids": [1, "x"]}, [("tag_ids.1", "wrong_format")]),
        ({"text": "a", "tenant_id": "b", "role": "c"}, [("tenant_id", "unknown_field"), ("role", "unknown_field")]),
    ],
)
async def test_a_malformed_body_names_its_fields(body: object, fields: list[tuple[str, str]]) -> None:
    async with client() as http:
        answer = await http.post("/api/v1/things", json=body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "invalid"
    assert [(field["path"], field["code"]) for field in error["fields"]] == fields


async def test_a_query_out_of_range_is_named_like_a_field() -> None:
    async with client() as http:
        answer = await http.get("/api/v1/list?limit=1000000000")
    assert answer.json()["error"]["fields"] == [{"path": "limit", "code": "out_of_range"}]


@pytest.mark.attack("A40")
@pytest.mark.parametrize("body", [b"{", b'{"text": "a"', b"[" * 900, b"\xff\xfe", b'{"text": "\\ud800"}', b"NaN"])
async def test_bytes_that_are_no_json_are_malformed_and_not_a_defect(body: bytes) -> None:
    async with client() as http:
        answer = await http.post("/api/v1/things", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid"


@pytest.mark.attack("A38")
async def test_a_defect_is_logged_with_its_request_and_shows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        async with client() as http:
            answer = await http.get("/api/v1/defect")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert "secret detail" not in answer.text
    assert [record.exc_info is not None for record in caplog.records] == [True]
    assert "/api/v1/defect" in caplog.records[0].getMessage()


async def test_half_an_answer_is_broken_off_rather_than_ended_as_if_it_were_whole() -> None:
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    async def receive() -> Any:
        await asyncio.sleep(5)

    scope = {
        "type": "http", "method": "GET", "path": "/api/v1/half", "raw_path": b"/api/v1/half", "query_string": b"",
        "headers": [], "client": ("1.1.1.1", 1), "server": ("x", 80), "scheme": "http", "http_version": "1.1",
    }  # fmt: skip
    with pytest.raises((ZeroDivisionError, ExceptionGroup)):
        await application()(scope, receive, send)
    assert messages[-1].get("more_body") is True


# Origin.


@pytest.mark.parametrize("headers", [{"Origin": OWN}, {"Origin": "HTTPS://desk.EXAMPLE.com"}, {}])
async def test_our_own_page_and_a_program_may_change_things(headers: dict[str, str]) -> None:
    async with client() as http:
        assert (await http.post("/api/v1/things", json={"text": "a"}, headers=headers)).status_code == 200


@pytest.mark.attack("A12")
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://desk.example.com"},
        {"Origin": "https://desk.example.com:8443"},
        {"Origin": "https://desk.example.com.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Mode": "no-cors"},
    ],
)
async def test_another_sites_page_may_not(headers: dict[str, str]) -> None:
    async with client() as http:
        answer = await http.post("/api/v1/things", json={"text": "a"}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_refused")
        assert (await http.get("/api/v1/whoami", headers=headers)).status_code == 200
        assert (await http.post("/hooks/x", content=b"abc", headers=headers)).text == "3"


def test_on_loopback_both_names_of_this_machine_are_ours() -> None:
    assert own_origins("http://127.0.0.1:8000") == {"http://127.0.0.1:8000", "http://localhost:8000"}
    assert own_origins("https://desk.example.com") == {"https://desk.example.com"}


@pytest.mark.attack("A12")
@pytest.mark.parametrize(("origin", "reached"), [(OWN, True), ("https://evil.example", False), (None, True)])
async def test_a_socket_of_another_site_never_reaches_the_application(origin: str | None, reached: bool) -> None:
    seen: list[str] = []

    async def inner(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["path"])

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    headers = [(b"origin", origin.encode())] if origin else []
    scope = {"type": "websocket", "path": "/api/v1/stream", "headers": headers, "client": None}
    await Edge(inner, EdgeOptions(public_url=OWN))(scope, receive, send)
    assert bool(seen) is reached
    assert sent == ([] if reached else [{"type": "websocket.close", "code": 4403}])


# Size.


async def test_a_body_over_its_routes_limit_is_refused_by_its_announced_length() -> None:
    async with client() as http:
        answer = await http.post("/api/v1/things", content=b"x" * 1_001)
        assert answer.status_code == 413
        assert answer.json()["error"]["params"] == {"max_bytes": 1_000}
        assert answer.headers["connection"] == "close"
        assert (await http.post("/hooks/x", content=b"x" * 3_000)).text == "3000"
        assert (await http.post("/hooks/x", content=b"x" * 3_001)).status_code == 413


@pytest.mark.attack("A40")
@pytest.mark.parametrize("path", ["/hooks/x", "/api/v1/things"])
async def test_a_body_without_length_is_cut_while_it_comes(path: str) -> None:
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while given < 100_000:
            given += 500
            yield b"x" * 500

    async with client() as http:
        answer = await http.post(path, content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"
    assert given < 100_000


@pytest.mark.attack("A40")
async def test_a_body_full_of_nonsense_is_refused_cheaply() -> None:
    app = Edge(application()._app, EdgeOptions(public_url=OWN))
    small = json.dumps({f"k{number}": 1 for number in range(4_500)}).encode()
    large = json.dumps({f"k{number}": 1 for number in range(80_000)}).encode()
    async with client(app) as http:
        began = time.process_time()
        refused = await http.post("/api/v1/things", content=small, headers={"Content-Type": "application/json"})
        assert refused.status_code == 422
        assert len(refused.json()["error"]["fields"]) == 20
        assert (await http.post("/api/v1/things", content=large)).status_code == 413
        assert time.process_time() - began < 0.2


# The client behind proxies.

PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]


@pytest.mark.attack("A14")
@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", "1.2.3.4", "203.0.113.7"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("::ffff:10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, junk, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "10.0.0.9", "10.0.0.9"),
        ("fd00::1", "2a00::5", "2a00::5"),
        ("10.0.0.1", "<script>", "10.0.0.1"),
        (None, "1.2.3.4", None),
    ],
)
def test_only_our_own_proxies_are_believed_about_the_client(peer: str | None, forwarded: str | None, expected: str | None) -> None:  # fmt: skip
    assert client_address(peer, forwarded, PROXIES) == expected


@pytest.mark.attack("A14")
async def test_without_a_proxy_of_ours_forged_headers_change_nothing() -> None:
    async with client() as http:
        answer = await http.get("/api/v1/whoami", headers={"X-Forwarded-For": "127.0.0.1", "Remote-User": "admin"})
        assert answer.json()["address"] == "203.0.113.7"
    async with client(application(trusted_proxies=PROXIES), peer="10.1.1.1") as http:
        answer = await http.get("/api/v1/whoami", headers={"X-Forwarded-For": "9.9.9.9"})
        assert answer.json()["address"] == "9.9.9.9"


async def test_requests_are_counted_by_the_template_of_their_route() -> None:
    async with client() as http:
        await http.get("/api/v1/taken/a-secret-name")
        await http.get("/api/v1/no-such-secret")
        await http.post("/hooks/a-secret-kind", content=b"x")
    text = exposition().decode()
    assert 'invekto_request_seconds_count{method="GET",route="/api/v1/taken/{thing}",status="409"}' in text
    assert 'invekto_request_seconds_count{method="POST",route="hook",status="200"}' in text
    assert "secret" not in text
