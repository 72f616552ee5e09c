"""The built client is served packed, for ever where its name changes with its content, and never from outside its folder."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from invekto.entry.api import create_app
from invekto.entry.web_client import NOT_BUILT, WebClient
from invekto.kernel.settings import Settings

URL = "http://desk.test"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Invekto</title>")
    (folder / "sandbox.html").write_text("phone")
    (folder / "favicon.svg").write_text("<svg/>")
    script = b"console.log(1)" * 50
    (folder / "assets" / "app-1a2b.js").write_bytes(script)
    (folder / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(script))
    (folder / "assets" / "app-1a2b.js.br").write_bytes(b"brotli bytes")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
async def client(dist: Path, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(secret_key=bytes(32), public_url=URL, data=tmp_path, web_dist=dist)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(settings)), base_url=URL) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/inbox", "/inbox/01a20bd0-f55f-715c-bab8-c929491b7000", "/apiary", "/sandbox.html"]
)
async def test_every_path_that_is_not_the_apis_is_the_clients_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>Invekto</title>")
    assert answer.headers["cache-control"] == "no-cache"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("identity", None), ("", None)],
)
async def test_an_asset_comes_in_the_best_coding_that_the_browser_takes(
    client: httpx.AsyncClient, accepted: str, coding: str | None
) -> None:
    request = client.build_request("GET", "/assets/app-1a2b.js", headers={"Accept-Encoding": accepted})
    answer = await client.send(request, stream=True)
    raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"
    if coding == "br":
        assert raw == b"brotli bytes"
    if coding is None:
        assert raw == b"console.log(1)" * 50


async def test_a_known_copy_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/")
    again = await client.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_missing_asset_is_an_error_and_not_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/app-old.js")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.attack("A29")
@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"]
)
async def test_no_path_leads_out_of_the_folder(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert "secret" not in answer.text


async def test_only_reading_is_possible(client: httpx.AsyncClient) -> None:
    assert (await client.post("/inbox", headers={"Origin": URL})).status_code == 405


async def test_an_unknown_api_path_is_an_error_in_the_documented_shape(client: httpx.AsyncClient) -> None:
    for path in ("/api", "/api/v1/nothing", "/api/v2"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
        assert answer.headers["cache-control"] == "no-store, private"


async def test_a_client_that_is_not_built_says_what_to_do_and_one_that_is_built_later_is_served(
    tmp_path: Path, dist: Path
) -> None:
    later = tmp_path / "later"
    served = WebClient(later)
    settings = Settings(secret_key=bytes(32), public_url=URL, data=tmp_path)
    assert settings.web_dist is None
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url=URL) as client:
        if (before := await client.get("/")).status_code == 503:
            assert before.text == NOT_BUILT
        await asyncio.to_thread(dist.rename, later)
        assert "Invekto" in (await client.get("/")).text
        await asyncio.to_thread((later / "index.html").write_text, "<title>newer</title>")
        assert "newer" in (await client.get("/")).text
