"""A provider that does not work: its channel tries one message at a time until it is answered, and no other channel feels it."""

from __future__ import annotations

from typing import Any

import pytest

from invekto.channels.circuits import circuit_of
from invekto.channels.pacing import OPENS_AT
from invekto.kernel.tx import SYSTEM
from tests.conversations.outlet import Outlet, Talk


async def _pace(outlet: Outlet, talk: Talk) -> Any:
    (row,) = await outlet.rows("select * from channel_pace where channel_id = $1", talk.channel_id)
    return row


async def _people(outlet: Outlet, count: int, firm: int = 0) -> list[Talk]:
    return [await outlet.talk(f"+9055520{firm}{n:04}", firm) for n in range(count)]


async def _rested(outlet: Outlet, talk: Talk) -> None:
    """As if the circuit's rest were over, and every lane due."""
    await outlet.rows("update channel_pace set paused_until = now() where channel_id = $1", talk.channel_id)
    await outlet.rows("update lane set next_at = now() where channel_id = $1", talk.channel_id)


@pytest.mark.fault("F13")
async def test_failures_in_a_row_open_the_circuit_and_one_message_at_a_time_is_tried(outlet: Outlet) -> None:
    people, other = await _people(outlet, OPENS_AT + 3), (await _people(outlet, 1, firm=1))[0]
    await outlet.faults(people[0].number, refuse={"code": 131016, "http": 503})
    ids = [await outlet.say(one, "selam") for one in people[:OPENS_AT]]
    delivery = await outlet.delivery()
    await delivery.drain()
    assert len(outlet.asked()) == OPENS_AT
    assert (await _pace(outlet, people[0]))["failures"] == OPENS_AT

    ids += [await outlet.say(one, "selam") for one in people[OPENS_AT:]]
    elsewhere = await outlet.say(other, "buradayım")
    await delivery.drain()
    assert (await outlet.message(elsewhere))["status"] == "sent", "another channel feels nothing"
    assert len(outlet.asked()) == OPENS_AT + 1, "while the circuit rests nobody of this channel is asked"
    assert (await outlet.message(ids[-1]))["status"] == "queued"

    rests = []
    for probe in range(1, 4):
        await _rested(outlet, people[0])
        await delivery.drain()
        assert len(outlet.asked()) == OPENS_AT + 1 + probe, "one probe, whatever waits"
        (row,) = await outlet.rows(
            "select extract(epoch from paused_until - now())::float8 as s from channel_pace where channel_id = $1",
            people[0].channel_id,
        )
        rests.append(row["s"])
    assert rests == sorted(rests), "each rest is longer than the one before"
    assert 7 < rests[0] <= 10 < rests[2] <= 40
    async with outlet.db.tx(people[0].tenant_id, SYSTEM) as tx:
        circuit = await circuit_of(tx, people[0].channel_id)
    assert circuit is not None
    assert circuit.open
    assert circuit.again_at is not None

    await outlet.faults(people[0].number, refuse=None)
    await _rested(outlet, people[0])
    await outlet.works()
    await outlet.settled()
    assert [(await outlet.message(one))["status"] for one in ids] == ["sent"] * len(ids)
    async with outlet.db.tx(people[0].tenant_id, SYSTEM) as tx:
        assert await circuit_of(tx, people[0].channel_id) is None


async def test_an_answer_in_between_begins_the_count_again_and_a_refusal_is_an_answer(outlet: Outlet) -> None:
    people = await _people(outlet, OPENS_AT + 1)
    delivery = await outlet.delivery()
    await outlet.faults(people[0].number, refuse={"code": 131016})
    for one in people[: OPENS_AT - 1]:
        await outlet.say(one, "selam")
    await delivery.drain()
    assert (await _pace(outlet, people[0]))["failures"] == OPENS_AT - 1
    await outlet.faults(people[0].number, refuse={"code": 131026})
    await outlet.say(people[-1], "selam")
    await delivery.drain()
    pace = await _pace(outlet, people[0])
    assert (pace["failures"], pace["failing_since"]) == (0, None)


async def test_one_message_that_the_provider_cannot_stand_does_not_stop_its_channel(outlet: Outlet) -> None:
    poison, good = await _people(outlet, 2)
    delivery = await outlet.delivery()
    await outlet.faults(poison.number, refuse={"code": 131000})
    await outlet.say(poison, "zehir")
    for _ in range(OPENS_AT + 2):
        await outlet.rows("update lane set next_at = now()")
        await delivery.drain()
    await outlet.faults(poison.number, refuse=None)
    message = await outlet.say(good, "selam")
    await delivery.drain()
    assert (await outlet.message(message))["status"] == "sent"


async def test_who_waited_for_five_minutes_is_told_and_nobody_was_asked(outlet: Outlet) -> None:
    talk = (await _people(outlet, 1))[0]
    first, second = await outlet.say(talk, "1"), await outlet.say(talk, "2")
    await outlet.rows(
        "insert into channel_pace (tenant_id, channel_id, tokens, rate_per_s, burst, refilled_at, paused_until, failures, failing_since)"
        " values ($1, $2, 80, 80, 80, now(), now() + interval '1 hour', $3, now())",
        *(talk.tenant_id, talk.channel_id, OPENS_AT),
    )
    delivery = await outlet.delivery()
    await delivery.drain()
    (lane,) = await outlet.rows("select held_since from lane")
    assert lane["held_since"] is not None, "an open circuit counts as failing"
    await outlet.rows("update lane set held_since = now() - interval '301 seconds', next_at = now()")
    await delivery.drain()
    row = await outlet.message(first)
    assert (row["status"], row["error_code"]) == ("failed", "provider_unavailable")
    assert (await outlet.message(second))["status"] == "queued", "the next one has five minutes of its own"
    assert outlet.asked() == []
