from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest
from starlette.requests import HTTPConnection

from invekto.accounts.permissions import CATALOGUE, ROLES, permissions_of, view_scope
from invekto.accounts.service import add_team_member, create_team, create_user, disable_user
from invekto.accounts.sessions import Sessions
from invekto.kernel.clock import FrozenClock
from invekto.kernel.db import Database
from invekto.kernel.errors import Unauthenticated
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import SYSTEM
from tests.accounts.conftest import PASSWORD, Browser, Firm, enter
from tests.accounts.test_sign_in import stored


@pytest.mark.attack("A11")
@pytest.mark.parametrize(
    "cookie",
    [
        "", "x", ".", "a" * 32, "." + "a" * 43, "g" * 32 + "." + "a" * 43, "0" * 32 + "." + "a" * 43, "0" * 32 + "." + "a" * 5_000,
        "é" * 32 + "." + "a" * 43,
    ],
)  # fmt: skip
async def test_a_forged_cookie_is_no_session(sessions: Sessions, firm: Firm, cookie: str) -> None:
    scope = {"type": "http", "headers": [(b"cookie", f"invekto_session={cookie}".encode())]}
    with pytest.raises(Unauthenticated):
        await sessions(HTTPConnection(scope))


@pytest.mark.attack("A8")
async def test_a_token_is_of_no_use_with_another_firms_name(browser: Browser, firm: Firm, other_firm: Firm) -> None:
    client = browser()
    await enter(client)
    token = client.cookies["invekto_session"].split(".")[1]
    crossed = browser()
    crossed.cookies.set("invekto_session", f"{other_firm.id.hex}.{token}")
    assert (await crossed.get("/api/v1/session")).status_code == 401


async def test_no_session_is_said_in_the_documented_shape(browser: Browser) -> None:
    answer = await browser().get("/api/v1/session")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "session_required")


async def test_a_session_ends_after_twelve_idle_hours(browser: Browser, firm: Firm, clock: FrozenClock) -> None:
    client = browser()
    await enter(client)
    for _ in range(3):
        clock.advance(timedelta(hours=11, minutes=59))
        assert (await client.get("/api/v1/session")).status_code == 200
    clock.advance(timedelta(hours=12))
    assert (await client.get("/api/v1/session")).status_code == 401


async def test_a_session_ends_after_fourteen_days_however_busy(
    browser: Browser, firm: Firm, clock: FrozenClock
) -> None:
    client = browser()
    await enter(client)
    for _ in range(27):
        clock.advance(timedelta(hours=12) - timedelta(seconds=1))
        assert (await client.get("/api/v1/session")).status_code == 200
    clock.advance(timedelta(hours=11))
    assert (await client.get("/api/v1/session")).json()["expires_at"] == "2026-12-08T09:00:00Z"
    clock.advance(timedelta(hours=1, minutes=1))
    assert (await client.get("/api/v1/session")).status_code == 401


async def test_being_seen_is_written_at_most_once_a_minute(
    browser: Browser, firm: Firm, clock: FrozenClock, superuser_url: str
) -> None:
    client = browser()
    await enter(client)
    seen = []
    for _ in range(10):
        clock.advance(timedelta(seconds=20))
        await client.get("/api/v1/session")
        (row,) = await stored(superuser_url, "select last_seen_at from session")
        seen.append(row["last_seen_at"])
    assert len(set(seen)) == 4


async def test_an_open_socket_alone_does_not_keep_a_session_alive(
    browser: Browser, firm: Firm, sessions: Sessions, clock: FrozenClock
) -> None:
    client = browser()
    await enter(client)
    socket = HTTPConnection(
        {"type": "websocket", "headers": [(b"cookie", f"invekto_session={client.cookies['invekto_session']}".encode())]}
    )
    for _ in range(11):
        clock.advance(timedelta(hours=1))
        assert (await sessions(socket)).user_id == firm.agent
    clock.advance(timedelta(hours=1))
    with pytest.raises(Unauthenticated):
        await sessions(socket)


@pytest.mark.attack("A11")
async def test_signing_out_ends_the_session_at_once_and_takes_the_cookie_back(browser: Browser, firm: Firm) -> None:
    client, copy = browser(), browser()
    await enter(client)
    copy.cookies.set("invekto_session", client.cookies["invekto_session"])
    answer = await client.delete("/api/v1/session")
    assert answer.status_code == 204
    assert 'invekto_session=""' in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert (await copy.get("/api/v1/session")).status_code == 401
    assert (await copy.delete("/api/v1/session")).status_code == 401


async def test_signing_out_leaves_the_users_other_sessions(browser: Browser, firm: Firm) -> None:
    here, there = browser(), browser()
    await enter(here)
    await enter(there)
    await here.delete("/api/v1/session")
    assert (await there.get("/api/v1/session")).status_code == 200


@pytest.mark.attack("A11")
async def test_disabling_a_user_acts_within_five_seconds_in_every_process(
    browser: Browser, firm: Firm, db: Database, clock: FrozenClock, superuser_url: str
) -> None:
    """`db` here is as another process: this one's cache is told nothing."""
    client, colleague = browser(), browser()
    await enter(client)
    await enter(colleague, user="supervisor")
    assert (await client.get("/api/v1/session")).status_code == 200
    async with db.tx(firm.id, SYSTEM) as tx:
        await disable_user(tx, firm.agent)
    clock.advance(timedelta(seconds=5))
    assert (await client.get("/api/v1/session")).status_code == 401
    assert (await colleague.get("/api/v1/session")).status_code == 200
    ended = await stored(superuser_url, "select user_id from event where kind = 'session.ended'")
    assert [row["user_id"] for row in ended] == [firm.agent]


@pytest.mark.attack("A11")
async def test_a_changed_role_and_team_act_within_five_seconds(
    browser: Browser, firm: Firm, db: Database, clock: FrozenClock, sessions: Sessions, superuser_url: str
) -> None:
    client = browser()
    await enter(client)
    connection = HTTPConnection(
        {"type": "http", "headers": [(b"cookie", f"invekto_session={client.cookies['invekto_session']}".encode())]}
    )
    before = await sessions(connection)
    assert view_scope(before) == "own"
    assert not before.may("contact.pii.view")
    assert before.team_ids == frozenset()
    async with db.tx(firm.id, SYSTEM) as tx:
        team = await create_team(tx, name="Satış")
        await add_team_member(tx, team, firm.agent)
    await stored(superuser_url, "update user_account set role = 'supervisor' where id = $1", firm.agent)
    clock.advance(timedelta(seconds=5))
    after = await sessions(connection)
    assert view_scope(after) == "all"
    assert after.may("contact.pii.view")
    assert after.team_ids == frozenset({team})


async def test_within_five_seconds_the_database_is_asked_once(
    browser: Browser, firm: Firm, sessions: Sessions, superuser_url: str
) -> None:
    client = browser()
    await enter(client)
    await stored(superuser_url, "update user_account set name = 'Changed' where id = $1", firm.agent)
    assert (await client.get("/api/v1/session")).json()["user"]["name"] == "Ayşe Işık"
    sessions.forget(user_id=firm.agent)
    assert (await client.get("/api/v1/session")).json()["user"]["name"] == "Changed"


async def test_finding_a_session_uses_its_index_as_the_applications_role(
    browser: Browser, firm: Firm, database_url: str, superuser_url: str
) -> None:
    client = browser()
    await enter(client)
    await stored(
        superuser_url,
        """insert into session (tenant_id, id, user_id, token_hash, created_at, last_seen_at, expires_at)
           select tenant_id, gen_random_uuid(), user_id, sha256(n::text::bytea), created_at, last_seen_at, expires_at
             from session, generate_series(1, 5000) n""",
    )
    await stored(superuser_url, "analyze session")
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute("select set_config('app.tenant_id', $1, true)", str(firm.id))
            plan = await connection.fetch(
                "explain select id from session where tenant_id = $1 and token_hash = $2", firm.id, b"x" * 32
            )
    finally:
        await connection.close()
    text = "\n".join(row[0] for row in plan)
    assert "session_tenant_id_token_hash_key" in text
    assert "token_hash =" in text.split("Index Cond:")[1].split("\n")[0]


async def test_preferences_change_for_oneself_only(browser: Browser, firm: Firm) -> None:
    client, colleague = browser(), browser()
    await enter(client)
    await enter(colleague, user="supervisor")
    answer = await client.patch("/api/v1/session/user", json={"locale": "en", "theme": "dark"})
    assert (answer.json()["user"]["locale"], answer.json()["user"]["theme"]) == ("en", "dark")
    assert (await client.patch("/api/v1/session/user", json={})).json()["user"]["theme"] == "dark"
    assert (await colleague.get("/api/v1/session")).json()["user"]["theme"] == "auto"


@pytest.mark.attack("A16")
@pytest.mark.parametrize(
    "body", [{"role": "supervisor"}, {"tenant_id": str(uuid7())}, {"locale": "de"}, {"theme": "pink"}]
)
async def test_nothing_but_a_preference_can_be_set(browser: Browser, firm: Firm, body: dict[str, str]) -> None:
    client = browser()
    await enter(client)
    assert (await client.patch("/api/v1/session/user", json=body)).status_code == 422
    assert (await client.get("/api/v1/session")).json()["user"]["role"] == "user"


async def test_users_are_listed_in_pages_of_ones_own_firm(
    browser: Browser, firm: Firm, other_firm: Firm, db: Database
) -> None:
    async with db.tx(firm.id, SYSTEM) as tx:
        gone = await create_user(tx, username="gone", password=PASSWORD, role="user")
        await create_user(tx, username="Çağla", password=PASSWORD, role="user")
        await disable_user(tx, gone)
    client = browser()
    await enter(client)
    first = (await client.get("/api/v1/users?limit=2")).json()
    second = (await client.get("/api/v1/users", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [user["username"] for user in first["items"]] == ["agent1", "Çağla"]
    assert [user["username"] for user in second["items"]] == ["supervisor"]
    assert second["next_cursor"] is None
    assert set(first["items"][0]) == {"id", "name", "username", "role"}
    assert {user["id"] for user in first["items"] + second["items"]}.isdisjoint({str(other_firm.agent), str(other_firm.supervisor)})  # fmt: skip


async def test_teams_are_listed_with_their_members(
    browser: Browser, firm: Firm, other_firm: Firm, db: Database
) -> None:
    async with db.tx(firm.id, SYSTEM) as tx:
        sales = await create_team(tx, name="Satış")
        support = await create_team(tx, name="Destek")
        for user in (firm.agent, firm.supervisor, firm.agent):
            await add_team_member(tx, sales, user)
    async with db.tx(other_firm.id, SYSTEM) as tx:
        await create_team(tx, name="Theirs")
    client = browser()
    await enter(client)
    first = (await client.get("/api/v1/teams?limit=1")).json()
    assert first["items"] == [{"id": str(support), "name": "Destek", "member_ids": []}]
    second = (await client.get("/api/v1/teams", params={"cursor": first["next_cursor"]})).json()
    assert second["items"] == [
        {"id": str(sales), "name": "Satış", "member_ids": [str(firm.agent), str(firm.supervisor)]}
    ]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("path", ["/api/v1/users", "/api/v1/teams"])
async def test_lists_need_a_session_a_limit_in_range_and_a_cursor_of_their_own(
    browser: Browser, firm: Firm, path: str
) -> None:
    assert (await browser().get(path)).status_code == 401
    client = browser()
    await enter(client)
    for query, code in (("limit=0", "invalid"), ("limit=101", "invalid"), ("cursor=junk", "cursor_invalid")):
        answer = await client.get(f"{path}?{query}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


def test_every_role_holds_catalogued_permissions_only_and_an_unknown_role_none() -> None:
    for permissions in ROLES.values():
        assert permissions <= CATALOGUE.keys()
    assert ROLES["user"] < ROLES["supervisor"]
    assert permissions_of("admin") == frozenset()
    assert "contact.pii.view" not in ROLES["user"]
