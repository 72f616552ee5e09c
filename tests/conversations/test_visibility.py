"""Who sees what, decided in one place: the SQL condition and the question asked of a row must say the same."""

from __future__ import annotations

import itertools
from typing import get_args
from uuid import UUID

import pytest

from invekto.accounts.permissions import ViewScope
from invekto.conversations.queries import Viewer
from invekto.kernel.db import Database
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import SYSTEM

ME, COLLEAGUE, MY_TEAM, OTHER_TEAM = uuid7(), uuid7(), uuid7(), uuid7()
PLACES = list(itertools.product((None, ME, COLLEAGUE), (None, MY_TEAM, OTHER_TEAM)))


@pytest.mark.parametrize("teams", [frozenset(), frozenset({MY_TEAM})])
@pytest.mark.parametrize("scope", [None, *get_args(ViewScope)])
async def test_sql_and_row_agree_on_every_place_a_conversation_can_be_in(
    db: Database, scope: ViewScope | None, teams: frozenset[UUID]
) -> None:
    viewer = Viewer(ME, scope, teams, sees_pii=False)
    async with db.tx(uuid7(), SYSTEM) as tx:
        for assignee, team in PLACES:
            row = await tx.fetchrow(
                f"select {viewer.visible} as seen from (select $4::uuid as assignee_id, $5::uuid as team_id, $1::uuid) c"
                " where $2::uuid is not null",
                tx.tenant_id,
                *viewer.parameters,
                assignee,
                team,
            )
            assert row is not None
            assert bool(row["seen"]) == viewer.sees(assignee, team), (scope, assignee, team)


def test_a_user_sees_their_own_and_the_queues_of_their_teams_and_nothing_else() -> None:
    viewer = Viewer(ME, "own", frozenset({MY_TEAM}), sees_pii=False)
    assert {place for place in PLACES if viewer.sees(*place)} == {
        (ME, None),
        (ME, MY_TEAM),
        (ME, OTHER_TEAM),
        (None, MY_TEAM),
        (None, None),
    }


def test_a_team_wide_view_adds_what_colleagues_of_the_team_have() -> None:
    own, team = (Viewer(ME, scope, frozenset({MY_TEAM}), sees_pii=False) for scope in ("own", "team"))
    assert {place for place in PLACES if team.sees(*place) and not own.sees(*place)} == {(COLLEAGUE, MY_TEAM)}


def test_without_the_permission_nothing_is_visible_and_with_all_everything() -> None:
    nobody, everybody = (Viewer(ME, scope, frozenset({MY_TEAM}), sees_pii=False) for scope in (None, "all"))
    assert [place for place in PLACES if nobody.sees(*place)] == []
    assert [place for place in PLACES if everybody.sees(*place)] == PLACES
