"""Under row-level security only leakproof conditions reach an index. Each list is explained as the application's role."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from invekto.accounts.permissions import ViewScope
from invekto.conversations.queries import Viewer, list_conversations, list_sql
from invekto.conversations.schemas import View
from invekto.kernel.tx import SYSTEM
from tests.rest import World, many_conversations

BEGINNING = "'9999-01-01', 'ffffffff-ffff-ffff-ffff-ffffffffffff'"


async def explained(world: World, viewer: Viewer, view: View, mode: str) -> str:
    teams = ",".join(f"'{team}'" for team in viewer.team_ids)
    async with world.db.tx(world.firm.id, SYSTEM) as tx:
        await tx.execute(f"set local plan_cache_mode = {mode}")
        await tx.execute(
            "prepare page (uuid, uuid, uuid[], text, timestamptz, uuid, bigint) as " + list_sql(viewer, view)
        )
        rows = await tx.fetch(
            f"explain execute page ('{tx.tenant_id}', '{viewer.user_id}', array[{teams}]::uuid[], 'open', {BEGINNING}, 50)"
        )
        await tx.execute("deallocate page")
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize(
    ("scope", "view", "wanted"),
    [
        ("own", "mine", {"conversation_mine_idx"}),
        ("own", "unassigned", {"conversation_unassigned_idx"}),
        ("own", "all", {"conversation_mine_idx", "conversation_unassigned_idx"}),
        ("all", "mine", {"conversation_mine_idx"}),
        ("all", "unassigned", {"conversation_unassigned_idx"}),
        ("all", "all", {"conversation_list_idx"}),
        ("team", "all", {"conversation_list_idx"}),
    ],
)
async def test_a_list_reads_its_index_in_order(
    world: World, superuser_url: str, mode: str, scope: ViewScope, view: View, wanted: set[str]
) -> None:
    firm = world.firm
    await many_conversations(superuser_url, firm, 6_000)
    viewer = Viewer(firm.users["agent1"], scope, frozenset({firm.team_a}), sees_pii=True)
    plan = await explained(world, viewer, view, mode)
    assert set(re.findall(r"Index Scan using (conversation_\w+_idx) on conversation", plan)) == wanted, plan
    assert "Seq Scan on conversation" not in plan, plan
    # Each way of being visible is read in order: nothing is sorted between its scan and its limit.
    nodes = [(len(line) - len(line.lstrip()), line.split("->")[-1].strip()) for line in plan.splitlines()]
    for place, (depth, node) in enumerate(nodes):
        if node.startswith("Index Scan using conversation_") and node.split()[3].endswith("_idx"):
            assert _first_step_above(nodes[:place], depth).startswith("Limit"), plan


def _first_step_above(nodes: list[tuple[int, str]], depth: int) -> str:
    for indent, node in reversed(nodes):
        if indent < depth and not node.startswith(("Index Cond", "Filter", "One-Time")):
            if not node.startswith("Result"):
                return node
            depth = indent
    return ""


async def test_a_page_in_the_middle_goes_on_where_the_last_one_ended(world: World, superuser_url: str) -> None:
    firm = world.firm
    await many_conversations(superuser_url, firm, 900)
    viewer = Viewer(firm.users["agent1"], "own", frozenset({firm.team_a}), sees_pii=True)
    seen: list[UUID] = []
    async with world.db.tx(firm.id, SYSTEM) as tx:
        everything = await list_conversations(tx, viewer, "all", "open", None, 1000)
        after = None
        while rows := await list_conversations(tx, viewer, "all", "open", after, 17):
            seen += [row["id"] for row in rows]
            after = (rows[-1]["last_message_at"], rows[-1]["id"])
    assert seen == [row["id"] for row in everything]
    assert len(seen) > 100
