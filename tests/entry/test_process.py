"""The web process as a whole: what it opens, what it says of itself, and what it tells nobody."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from invekto.entry.api import create_app, openapi_document
from invekto.kernel.asgi import Edge
from invekto.kernel.settings import Settings
from tests.rest import stored

URL = "http://desk.test"


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Edge]:
    """The application between startup and shutdown of its lifespan."""
    app = create_app(settings)
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()
    living = asyncio.create_task(app({"type": "lifespan", "state": {}}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    assert (await outbox.get())["type"] == "lifespan.startup.complete"
    yield app
    await inbox.put({"type": "lifespan.shutdown"})
    assert (await outbox.get())["type"] == "lifespan.shutdown.complete"
    await living


def browser(app: Edge, address: str = "127.0.0.1") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 1)), base_url=URL)


def settings(database_url: str, folder: Path, **more: Any) -> Settings:
    return Settings(secret_key=bytes(32), public_url=URL, data=folder, database_url=database_url, **more)


async def test_a_process_is_ready_when_database_and_schema_are_and_says_how_far_ingest_is(
    database_url: str, superuser_url: str, tmp_path: Path
) -> None:
    await stored(superuser_url, "grant select on alembic_version to invekto_app")
    async with running(settings(database_url, tmp_path)) as app, browser(app) as client:
        assert (await client.get("/health/live")).json() == {"status": "live"}
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()) == (
            200,
            {"status": "ready", "database": "reachable", "schema": "current", "ingest_lag_s": 0.0},
        )
        await stored(
            superuser_url,
            "insert into receipt (kind, body, received_at) values ('whatsapp_cloud', '', now() - interval '90 s')",
        )
        lag = (await client.get("/health/ready")).json()["ingest_lag_s"]
        assert 89 < lag < 120
        await stored(superuser_url, "update alembic_version set version_num = '0000'")
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()["schema"]) == (503, "other_version")


async def test_without_its_database_a_process_lives_and_is_not_ready(tmp_path: Path) -> None:
    url = f"postgresql://invekto_app@/nothing?host={tmp_path}"
    async with running(settings(url, tmp_path)) as app, browser(app) as client:
        assert (await client.get("/health/live")).status_code == 200
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")


@pytest.mark.parametrize("part", ["receipts-0", "stream-read"])
async def test_a_process_with_a_dead_part_ends_so_that_it_is_started_again(
    database_url: str, tmp_path: Path, part: str
) -> None:
    """It would be alive and well to everybody who asks, and store no webhook or tell no screen."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    try:
        async with running(settings(database_url, tmp_path)):
            (task,) = (task for task in asyncio.all_tasks() if task.get_name() == part)
            task.cancel()
            async with asyncio.timeout(10):
                await ended.wait()
        ended.clear()
        async with running(settings(database_url, tmp_path)):
            pass
        await asyncio.sleep(0)
        assert not ended.is_set(), "an orderly end is none of that"
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)


@pytest.mark.attack("A38")
async def test_metrics_are_for_this_machine_or_for_who_has_the_token(database_url: str, tmp_path: Path) -> None:
    given = settings(database_url, tmp_path, metrics_token="a long enough token")
    async with running(given) as app:
        async with browser(app) as here:
            assert "invekto_request_seconds" in (await here.get("/metrics")).text
            assert (await here.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})).status_code == 404
        async with browser(app, "203.0.113.7") as elsewhere:
            assert (await elsewhere.get("/metrics")).status_code == 404
            wrong = await elsewhere.get("/metrics", headers={"Authorization": "Bearer wrong"})
            assert wrong.status_code == 404
            right = await elsewhere.get("/metrics", headers={"Authorization": "Bearer a long enough token"})
            assert "invekto_request_seconds" in right.text


@pytest.mark.attack("A38")
@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/api/v1/docs"])
async def test_there_is_no_documentation_page(database_url: str, tmp_path: Path, path: str) -> None:
    async with running(settings(database_url, tmp_path)) as app, browser(app) as client:
        assert "openapi" not in (await client.get(path)).text.lower()


@pytest.mark.attack("A38")
async def test_the_openapi_document_is_for_signed_in_users(database_url: str, tmp_path: Path) -> None:
    """A38."""
    async with running(settings(database_url, tmp_path)) as app, browser(app) as client:
        answer = await client.get("/api/v1/openapi.json")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "session_required")


def test_the_openapi_document_names_errors_session_and_no_framework_shapes() -> None:
    document = openapi_document()
    assert "HTTPValidationError" not in str(document)
    operations = [op for path in document["paths"].values() for op in path.values()]
    assert all("4XX" in operation["responses"] for operation in operations)
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)), "the client's generated functions need names of their own"
    public = [op["operationId"] for op in operations if "security" not in op]
    assert public == ["start_session"]
