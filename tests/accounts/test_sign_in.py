from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import httpx
import pytest
from argon2 import PasswordHasher
from starlette.responses import Response

from invekto.accounts import passwords
from invekto.accounts.service import disable_user
from invekto.accounts.sessions import Sessions
from invekto.accounts.sign_in import Caller, sign_in
from invekto.accounts.throttle import network_of
from invekto.kernel.clock import FrozenClock
from invekto.kernel.db import Database
from invekto.kernel.errors import Unavailable
from invekto.kernel.tx import SYSTEM
from tests.accounts.conftest import Browser, Firm, enter
from tests.statements import counted_statements


async def stored(url: str, sql: str, *args: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(sql, *args))
    finally:
        await connection.close()


async def test_the_right_firm_user_and_password_give_a_session(browser: Browser, firm: Firm) -> None:
    client = browser()
    answer = await enter(client)
    assert answer.status_code == 200
    body = answer.json()
    assert body == {
        "user": {
            "id": str(firm.agent), "name": "Ayşe Işık", "username": "agent1", "role": "user",
            "permissions": ["contacts.edit", "conversations.assign", "conversations.reply", "conversations.view"],
            "locale": "tr", "theme": "auto",
        },
        "tenant": {"id": str(firm.id), "name": "Firma demo", "slug": "demo", "timezone": "Europe/Istanbul"},
        "expires_at": "2026-11-24T21:00:00Z",
    }  # fmt: skip
    assert (await client.get("/api/v1/session")).json() == body


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser, firm: Firm) -> None:
    cookie = (await enter(browser())).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "domain" not in cookie
    assert "secure" not in cookie  # plain http on loopback; see the next test


async def test_over_https_the_cookie_is_secure(db: Database, firm: Firm) -> None:
    response = Response()
    started = await sign_in(db, firm="demo", username="agent1", password="demo1234", caller=Caller())
    Sessions(db, secure_cookies=True).set_cookie(response, started)
    assert "; Secure" in response.headers["set-cookie"]


@pytest.mark.parametrize(("typed_firm", "user"), [("DEMO", "AGENT1"), (" Demo ", " Agent1 "), ("demo", "agent１")])
async def test_firm_and_user_are_read_as_people_type_them(browser: Browser, firm: Firm, typed_firm: str, user: str) -> None:  # fmt: skip
    assert (await enter(browser(), user=user, firm=typed_firm)).status_code == 200


@pytest.mark.attack("A9")
@pytest.mark.parametrize(
    ("typed_firm", "user", "password"),
    [
        ("demo", "agent1", "wrong-password"),
        ("demo", "agent1", ""),
        ("demo", "nobody", "demo1234"),
        ("nowhere", "agent1", "demo1234"),
        ("", "", ""),
        ("demo", "agent1\x00", "demo1234"),
        ("demo\x00", "x\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "demo1234"),
        ("demo2", "agent1", "other-password"),
    ],
)
async def test_every_wrong_part_gets_the_same_answer(
    browser: Browser, firm: Firm, typed_firm: str, user: str, password: str
) -> None:
    answer = await enter(browser(), user, password, typed_firm)
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert (error["code"], error["params"], error["fields"]) == ("credentials_invalid", {}, [])
    assert "set-cookie" not in answer.headers


async def test_a_user_of_one_firm_is_nobody_in_another(browser: Browser, firm: Firm, other_firm: Firm) -> None:
    first = (await enter(browser(), firm="demo")).json()
    second = (await enter(browser(), firm="demo2")).json()
    assert first["tenant"]["id"] != second["tenant"]["id"]
    assert first["user"]["id"] != second["user"]["id"]


WRONG = {"password": ("agent1", "x", "demo"), "user": ("nobody", "x", "demo"), "firm": ("agent1", "x", "nowhere")}


@pytest.mark.attack("A9")
async def test_every_wrong_part_asks_the_database_the_same(browser: Browser, firm: Firm, db: Database) -> None:
    """Whoever measures how long an answer takes learns nothing; here, and in the comparison that follows."""
    asked = {}
    for wrong, (user, password, typed_firm) in WRONG.items():
        client = browser(f"198.51.100.{len(wrong)}")
        with counted_statements(db) as statements:
            await enter(client, user, password, typed_firm)
        # What only a known firm has is written behind the answer's decision: the event and its audit entry.
        asked[wrong] = [statement for statement in statements if "insert into event" not in statement]
        asked[wrong] = [statement for statement in asked[wrong] if "insert into audit_entry" not in statement]
    assert len(asked["password"]) > 4
    assert asked["password"] == asked["user"] == asked["firm"]


@pytest.mark.attack("A9")
async def test_every_wrong_part_has_a_password_compared(browser: Browser, firm: Firm) -> None:
    """While no comparison is to be had, nobody is told anything, whichever part is wrong."""
    async with every_thread_busy(64):
        for user, password, typed_firm in WRONG.values():
            answer = await enter(browser(), user, password, typed_firm)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")


@asynccontextmanager
async def every_thread_busy(comparisons: int) -> AsyncIterator[None]:
    """So many comparisons that do not end before the block does."""
    end = threading.Event()
    busy = [asyncio.create_task(passwords._in_thread(end.wait)) for _ in range(comparisons)]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        end.set()
        await asyncio.gather(*busy)


@pytest.mark.attack("A11")
async def test_signing_in_over_a_session_ends_it(browser: Browser, firm: Firm, superuser_url: str) -> None:
    client = browser()
    await enter(client)
    first = client.cookies["invekto_session"]
    await enter(client)
    assert client.cookies["invekto_session"] != first
    thief = browser()
    thief.cookies.set("invekto_session", first)
    assert (await thief.get("/api/v1/session")).status_code == 401
    assert len(await stored(superuser_url, "select 1 from session")) == 1


@pytest.mark.attack("A11")
async def test_a_session_chosen_by_somebody_else_is_never_taken_over(browser: Browser, firm: Firm) -> None:
    client = browser()
    planted = f"{firm.id.hex}.{'A' * 43}"
    client.cookies.set("invekto_session", planted)
    answer = await enter(client)
    assert planted not in answer.headers["set-cookie"]
    attacker = browser()
    attacker.cookies.set("invekto_session", planted)
    assert (await attacker.get("/api/v1/session")).status_code == 401


@pytest.mark.attack("A39")
async def test_only_a_hash_of_the_token_is_stored(browser: Browser, firm: Firm, superuser_url: str) -> None:
    client = browser()
    await enter(client)
    token = client.cookies["invekto_session"].split(".")[1]
    (row,) = await stored(superuser_url, "select s::text as whole from session s")
    assert token not in row["whole"]
    assert token.encode().hex() not in row["whole"]


async def test_sign_ins_are_audited_without_what_was_typed(browser: Browser, firm: Firm, superuser_url: str) -> None:
    await enter(browser("203.0.113.9"), password="wrong-password")
    await enter(browser("203.0.113.9"), user="nobody-here")
    client = browser("203.0.113.9")
    await enter(client)
    await client.delete("/api/v1/session")
    rows = await stored(
        superuser_url, "select action, actor_kind, actor_id, address, a::text as whole from audit_entry a where action like 'session.%' order by id"
    )  # fmt: skip
    assert [row["action"] for row in rows] == ["session.refused", "session.refused", "session.started", "session.ended"]
    assert [row["actor_id"] for row in rows] == [None, None, firm.agent, firm.agent]
    assert {row["address"] for row in rows} == {"203.0.113.9"}
    assert not any("wrong-password" in row["whole"] or "nobody-here" in row["whole"] for row in rows)


async def test_a_hash_of_older_settings_is_renewed_by_the_next_sign_in(
    browser: Browser, firm: Firm, superuser_url: str
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("demo1234")
    await stored(superuser_url, "update user_account set password_hash = $1 where id = $2", weak, firm.agent)
    assert (await enter(browser())).status_code == 200
    (row,) = await stored(superuser_url, "select password_hash from user_account where id = $1", firm.agent)
    assert row["password_hash"] != weak
    assert not passwords.is_outdated(row["password_hash"])
    assert (await enter(browser())).status_code == 200


# The throttle.


@pytest.mark.attack("A9")
async def test_two_hundred_tries_at_once_compare_five_passwords(
    browser: Browser, firm: Firm, superuser_url: str
) -> None:
    client = browser()
    answers = await asyncio.gather(*(enter(client, password=f"guess-{n}") for n in range(200)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(401) == 5
    assert statuses.count(429) == 195
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["error"]["code"] == "sign_in_throttled"
    assert refused.json()["error"]["params"] == {"retry_after_s": 900}
    assert refused.headers["retry-after"] == "900"


async def test_even_the_right_password_waits_out_the_throttle(browser: Browser, firm: Firm, clock: FrozenClock) -> None:
    client = browser()
    for _ in range(5):
        assert (await enter(client, password="wrong-guess")).status_code == 401
    assert (await enter(client)).status_code == 429
    clock.advance(timedelta(minutes=14, seconds=59))
    assert (await enter(client)).headers["retry-after"] == "1"
    clock.advance(timedelta(seconds=1))
    assert (await enter(client)).status_code == 200


@pytest.mark.attack("A9")
async def test_nobody_can_lock_a_strangers_account(browser: Browser, firm: Firm) -> None:
    stranger = browser("198.51.100.66")
    for _ in range(20):
        await enter(stranger, password="wrong-guess")
    assert (await enter(stranger)).status_code == 429
    assert (await enter(browser("203.0.113.7"))).status_code == 200
    assert (await enter(stranger, user="supervisor")).status_code == 200


async def test_a_right_password_clears_the_failures_before_it(browser: Browser, firm: Firm) -> None:
    client = browser()
    for _ in range(3):
        for _ in range(4):
            assert (await enter(client, password="wrong-guess")).status_code == 401
        assert (await enter(client)).status_code == 200


async def test_many_right_sign_ins_at_once_are_no_attack(browser: Browser, firm: Firm) -> None:
    answers = await asyncio.gather(*(enter(browser()) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.cookies["invekto_session"] for answer in answers}) == 20


@pytest.mark.attack("A9")
async def test_one_password_on_many_accounts_is_stopped_by_the_address(browser: Browser, firm: Firm) -> None:
    client = browser("198.51.100.77")
    statuses = [(await enter(client, user=f"user{n}", password="Summer2026")).status_code for n in range(101)]
    assert statuses == [401] * 100 + [429]
    assert (await enter(browser("198.51.100.78"), user="user500")).status_code == 401


@pytest.mark.attack("A9")
@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2a00:1:2:3:4:5:6:7", "2a00:1:2:3::/64"),
        ("2a00:1:2:3::1", "2a00:1:2:3::/64"),
        (None, "none"),
        ("testclient", "testclient"),
    ],
)
def test_one_ipv6_subscriber_counts_as_one_address(address: str | None, network: str) -> None:
    assert network_of(address) == network


async def test_comparing_passwords_does_not_stop_other_requests(browser: Browser, firm: Firm) -> None:
    client = browser()
    await enter(client)
    async with every_thread_busy(2):
        entering = asyncio.create_task(enter(browser("198.51.100.1")))
        for _ in range(20):
            assert (await client.get("/api/v1/session")).status_code == 200
        assert not entering.done()
    assert (await entering).status_code == 200


async def test_more_comparisons_than_the_machine_can_do_are_refused_not_queued() -> None:
    hashed = await passwords.hash_password("long enough")
    outcomes = await asyncio.gather(
        *(passwords.password_fits(hashed, "long enough") for _ in range(100)), return_exceptions=True
    )
    assert sum(outcome is True for outcome in outcomes) == 64
    assert sum(isinstance(outcome, Unavailable) for outcome in outcomes) == 36
    assert await passwords.password_fits(hashed, "long enough")


async def test_a_disabled_user_gets_the_same_answer_as_a_stranger(browser: Browser, firm: Firm, db: Database) -> None:
    async with db.tx(firm.id, SYSTEM) as tx:
        await disable_user(tx, firm.agent)
    answer = await enter(browser())
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "credentials_invalid")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"firm": "demo", "user": "agent1"},
        {"firm": "demo", "user": "agent1", "password": "demo1234", "role": "supervisor"},
        {"firm": ["demo"], "user": "agent1", "password": "demo1234"},
        {"firm": "demo", "user": "agent1", "password": "x" * 1_001},
    ],
)
async def test_a_malformed_sign_in_is_refused_before_anything_is_compared(
    browser: Browser, firm: Firm, body: dict[str, object], superuser_url: str
) -> None:
    answer = await browser().post("/api/v1/session", json=body)
    assert answer.status_code == 422
    assert await stored(superuser_url, "select 1 from sign_in_attempt") == []


@pytest.mark.attack("A12")
async def test_a_page_of_another_site_cannot_sign_anybody_in(browser: Browser, firm: Firm) -> None:
    client: httpx.AsyncClient = browser()
    client.headers["Origin"] = "https://evil.example"
    assert (await enter(client)).status_code == 403
