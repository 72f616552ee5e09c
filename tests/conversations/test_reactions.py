"""The firm's reaction when the provider does not take it."""

from __future__ import annotations

import pytest

from invekto.conversations.outbound_content import ReactionContent
from tests.conversations.outlet import Outlet


@pytest.mark.parametrize("late", [False, True], ids=["refused at once", "reported as failed"])
async def test_a_reaction_that_does_not_get_through_gives_back_the_one_before(outlet: Outlet, late: bool) -> None:
    talk = await outlet.talk()
    delivery = await outlet.delivery()
    target = await outlet.say(talk, "Merhaba")
    await delivery.drain()
    first = await outlet.say(talk, ReactionContent(target, "👍"))
    await delivery.drain()
    assert (await outlet.message(first))["status"] == "sent"
    failing = await outlet.say(talk, ReactionContent(target, "❤️"))
    assert (await outlet.message(first))["dismissed_at"] is not None
    if late:
        await delivery.drain()
        await outlet.report(talk, "failed", provider_id=(await outlet.message(failing))["provider_id"])
    else:
        await outlet.faults(refuse={"code": 131009})
        await delivery.drain()
        await outlet.faults(refuse=None)
    assert (await outlet.message(failing))["status"] == "failed"
    assert (await outlet.message(first))["dismissed_at"] is None
    taken_back = await outlet.say(talk, ReactionContent(target, None))
    await delivery.drain()
    again = await outlet.say(talk, ReactionContent(target, "🙏"))
    await outlet.faults(refuse={"code": 131009})
    await delivery.drain()
    statuses = [(await outlet.message(one))["status"] for one in (taken_back, again)]
    assert statuses == ["sent", "failed"]
    query = "select 1 from message where type = 'reaction' and status <> 'failed' and payload ->> 'emoji' is not null"
    assert await outlet.rows(f"{query} and dismissed_at is null") == [], "what was taken back is not given back"
