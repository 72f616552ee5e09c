from __future__ import annotations

from typing import Any

import pytest

from invekto.accounts.queries import tenant_id_by_slug
from invekto.accounts.service import add_team_member, create_team, create_tenant, create_user, disable_user
from invekto.kernel.db import Database
from invekto.kernel.errors import Conflict, Invalid, NotFound
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import SYSTEM
from tests.accounts.conftest import PASSWORD, Firm
from tests.accounts.test_sign_in import stored


async def test_a_firm_is_found_by_what_its_people_type(db: Database) -> None:
    tenant_id = uuid7()
    async with db.tx(tenant_id, SYSTEM) as tx:
        assert await create_tenant(tx, firm="Klinik Şifa") == tenant_id
    async with db.tx(uuid7(), SYSTEM) as tx:
        assert await tenant_id_by_slug(tx, "klinik-sifa") == tenant_id
        assert await tenant_id_by_slug(tx, "klinik-şifa") is None


@pytest.mark.parametrize("firm", ["demo", "DEMO", " Demo! ", "dëmo"])
async def test_two_firms_never_share_a_sign_in_name(db: Database, firm: str) -> None:
    async with db.tx(uuid7(), SYSTEM) as tx:
        await create_tenant(tx, firm="demo")
    with pytest.raises(Conflict) as refused:
        async with db.tx(uuid7(), SYSTEM) as tx:
            await create_tenant(tx, firm=firm)
    assert refused.value.code == "firm_taken"


@pytest.mark.parametrize(
    "given",
    [{"firm": "!!!"}, {"firm": "عيادة"}, {"firm": "x", "timezone": "Mars/Base"}, {"firm": "x", "locale": "de"}, {"firm": "x", "name": "a\x00b"}],
)  # fmt: skip
async def test_a_firm_needs_a_usable_name_zone_and_language(db: Database, given: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        async with db.tx(uuid7(), SYSTEM) as tx:
            await create_tenant(tx, **given)


async def test_user_names_are_one_however_they_are_written(db: Database, firm: Firm) -> None:
    async with db.tx(firm.id, SYSTEM) as tx:
        await create_user(tx, username="Işıl", password=PASSWORD, role="user")
    for username in ("ışıl", "ISIL", "isil", "İşil"):
        with pytest.raises(Conflict) as refused:
            async with db.tx(firm.id, SYSTEM) as tx:
                await create_user(tx, username=username, password=PASSWORD, role="user")
        assert refused.value.code == "username_taken"


@pytest.mark.parametrize(
    ("username", "password", "path", "code"),
    [("new", "short", "password", "too_short"), ("new", "x" * 600, "password", "too_long"), (" ", PASSWORD, "username", "wrong_format")],
)  # fmt: skip
async def test_a_user_needs_a_name_and_a_password(
    db: Database, firm: Firm, username: str, password: str, path: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        async with db.tx(firm.id, SYSTEM) as tx:
            await create_user(tx, username=username, password=password, role="user")
    assert [(field.path, field.code) for field in refused.value.fields] == [(path, code)]


async def test_the_password_is_stored_as_an_argon2id_hash(firm: Firm, superuser_url: str) -> None:
    rows = await stored(superuser_url, "select password_hash from user_account")
    assert all(row["password_hash"].startswith("$argon2id$") for row in rows)
    assert len({row["password_hash"] for row in rows}) == len(rows)


async def test_whatever_is_made_is_audited_in_the_same_transaction(
    db: Database, firm: Firm, superuser_url: str
) -> None:
    async with db.tx(firm.id, SYSTEM) as tx:
        team = await create_team(tx, name="Satış")
        await add_team_member(tx, team, firm.agent)
        await add_team_member(tx, team, firm.agent)
        await disable_user(tx, firm.agent)
        await disable_user(tx, firm.agent)
    rows = await stored(superuser_url, "select action from audit_entry order by id")
    assert [row["action"] for row in rows] == [
        "tenant.created", "user.created", "user.created", "team.created", "team.member_added", "user.disabled",
    ]  # fmt: skip


async def test_another_firms_people_and_teams_do_not_exist(db: Database, firm: Firm, other_firm: Firm) -> None:
    async with db.tx(other_firm.id, SYSTEM) as tx:
        theirs = await create_team(tx, name="Theirs")
    async with db.tx(firm.id, SYSTEM) as tx:
        mine = await create_team(tx, name="Mine")
    for team, user in ((theirs, firm.agent), (mine, other_firm.agent)):
        with pytest.raises(NotFound):
            async with db.tx(firm.id, SYSTEM) as tx:
                await add_team_member(tx, team, user)
    with pytest.raises(NotFound):
        async with db.tx(firm.id, SYSTEM) as tx:
            await disable_user(tx, other_firm.agent)


async def test_a_team_name_is_given_once(db: Database, firm: Firm, other_firm: Firm) -> None:
    for tenant in (firm.id, other_firm.id):
        async with db.tx(tenant, SYSTEM) as tx:
            await create_team(tx, name="Satış")
    with pytest.raises(Conflict) as refused:
        async with db.tx(firm.id, SYSTEM) as tx:
            await create_team(tx, name="  Satış ")
    assert refused.value.code == "team_taken"
