"""What goes out, once and in order, and what becomes of it when the provider says no, later, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from invekto.conversations import delivery_batches as batches
from invekto.conversations import delivery_rows as rows
from invekto.conversations.outbound_content import MediaContent
from invekto.kernel.crypto import KeyRing
from invekto.kernel.ids import uuid7
from invekto.kernel.metrics import REGISTRY
from invekto.kernel.tenancy import DELIVERY, claimed
from tests.conversations.outlet import Outlet

PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000")


async def _statuses(outlet: Outlet, ids: list[UUID]) -> list[str]:
    rows = await outlet.rows("select id, status from message where id = any($1::uuid[])", ids)
    by_id = {row["id"]: row["status"] for row in rows}
    return [by_id[one] for one in ids]


async def _expire_leases(outlet: Outlet) -> None:
    """As if a minute had passed since a worker died."""
    await outlet.rows(
        "update lane set next_at = now() - interval '1 second', lease_until = now() - interval '1 second'"
    )


# Once, and in order -----------------------------------------------------------------------------------------------


async def test_an_answer_reaches_the_provider_once_and_names_our_message(outlet: Outlet) -> None:
    talk = await outlet.talk()
    await outlet.works()
    message_id = await outlet.say(talk, "Merhaba Ayşe, buyurun")
    row = await outlet.becomes(message_id, "sent")
    (asked,) = outlet.asked()
    assert (asked["callback_data"], asked["wamid"], asked["to"]) == (
        str(message_id),
        row["provider_id"],
        "905551112233",
    )
    assert row["sent_at"] is not None
    (attempt,) = await outlet.rows("select * from attempt")
    assert (attempt["outcome"], attempt["number"]) == ("accepted", 1)
    await outlet.settled()


async def test_a_picture_is_uploaded_and_sent_with_its_caption(outlet: Outlet) -> None:
    talk = await outlet.talk()
    stored = await outlet.media.put(talk.tenant_id, _bytes(PNG), max_bytes=1000)
    attachment_id = uuid7()
    agent = outlet.firms[0][1]
    await outlet.rows(
        "insert into attachment (tenant_id, id, uploaded_by_id, kind, mime, size, storage_key, state, created_at)"
        " values ($1, $2, $3, 'image', 'image/png', $4, $5, 'stored', now())",
        *(talk.tenant_id, attachment_id, agent, stored.size, stored.sha256),
    )
    message_id = await outlet.say(talk, MediaContent(attachment_id, "image", "Kroki"))
    await (await outlet.delivery()).drain()
    assert (await outlet.message(message_id))["status"] == "sent"
    answer = await outlet.control.get("/whatsapp_cloud/sent", params={"number": talk.number})
    (sent,) = answer.json()["items"]
    assert (sent["type"], sent["request"]["image"]["caption"]) == ("image", "Kroki")


async def _bytes(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_workers_side_by_side_double_nothing_and_keep_every_conversations_order(outlet: Outlet) -> None:
    talks = [await outlet.talk(f"+9055511122{n:02}", firm=n % 2) for n in range(12)]
    wanted: dict[UUID, list[str]] = {}
    for n in range(10):
        for talk in talks:
            wanted.setdefault(talk.id, []).append(str(await outlet.say(talk, f"{n}")))
    await outlet.works(3)
    await outlet.settled(30)
    accepted = outlet.accepted()
    assert len(accepted) == len(set(accepted)) == 120
    for ids in wanted.values():
        assert [one for one in accepted if one in ids] == ids


async def test_a_refused_message_does_not_let_the_next_one_overtake_or_wait(outlet: Outlet) -> None:
    """131026 is for good: the lane goes on at once, in order."""
    talk = await outlet.talk()
    ids = [await outlet.say(talk, str(n)) for n in range(4)]
    await outlet.faults(refuse={"code": 131026, "every": 2})
    await outlet.works()
    await outlet.settled()
    assert await _statuses(outlet, ids) == ["sent", "failed", "sent", "failed"]
    failed = await outlet.message(ids[1])
    assert (failed["error_code"], failed["error_vendor_code"]) == ("recipient_unreachable", "131026")


async def test_a_passing_failure_holds_its_lane_in_order_and_no_other_lane(outlet: Outlet) -> None:
    slow, quick = await outlet.talk(), await outlet.talk("+905551119999", firm=1)
    await outlet.faults(slow.number, refuse={"code": 131000})
    ids = [await outlet.say(slow, str(n)) for n in range(3)]
    other = await outlet.say(quick, "buradayım")
    await outlet.works()
    await outlet.becomes(other, "sent")
    assert "sent" not in await _statuses(outlet, ids)
    await outlet.faults(slow.number, refuse=None)
    await outlet.settled()
    assert [one for one in outlet.accepted() if one != str(other)] == [str(one) for one in ids]
    (first,) = await outlet.rows("select count(*) as attempts from attempt where message_id = $1", ids[0])
    assert first["attempts"] >= 2


async def test_a_lane_is_held_for_five_minutes_and_then_given_up(outlet: Outlet) -> None:
    talk = await outlet.talk()
    await outlet.faults(refuse={"code": 131000})
    first, second = await outlet.say(talk, "1"), await outlet.say(talk, "2")
    delivery = await outlet.delivery()
    await delivery.drain()
    assert await _statuses(outlet, [first, second]) == ["sending", "queued"]
    await outlet.rows("update lane set held_since = now() - interval '301 seconds', next_at = now()")
    await outlet.faults(refuse=None)
    await outlet.faults(refuse={"code": 131000, "every": 1})
    await delivery.drain()
    row = await outlet.message(first)
    assert (row["status"], row["error_code"]) == ("failed", "provider_unavailable")
    (lane,) = await outlet.rows("select held_since, attempts from lane")
    assert lane["attempts"] == 1, "the next message begins its own five minutes"


async def test_too_many_requests_pause_the_whole_channel_and_no_other(outlet: Outlet) -> None:
    one, same, other = (
        await outlet.talk(),
        await outlet.talk("+905551112299"),
        await outlet.talk("+905551113399", firm=1),
    )
    await outlet.faults(one.number, throttle={"every": 1, "retry_after_s": 2})
    first = await outlet.say(one, "1")
    delivery = await outlet.delivery()
    await delivery.drain()
    await outlet.faults(one.number, throttle=None)
    second, third = await outlet.say(same, "2"), await outlet.say(other, "3")
    await delivery.drain()
    assert await _statuses(outlet, [first, second, third]) == ["sending", "queued", "sent"]
    await outlet.works()
    await outlet.settled()
    assert sorted(outlet.accepted()) == sorted(str(one) for one in (first, second, third))


async def test_a_channel_sends_no_faster_than_its_bucket_fills(outlet: Outlet) -> None:
    talk = await outlet.talk()
    await outlet.rows(
        "insert into channel_pace (tenant_id, channel_id, tokens, rate_per_s, burst, refilled_at)"
        " values ($1, $2, 3, 80, 80, now() + interval '1 hour')",
        *(talk.tenant_id, talk.channel_id),
    )
    others = [talk, *[await outlet.talk(f"+9055511144{n:02}") for n in range(9)]]
    for one in others:
        await outlet.say(one, "x")
    delivery = await outlet.delivery()
    works, alone = await delivery._begin_together(await delivery._claim(10))
    assert (len(works), alone) == (3, [])
    (lanes,) = await outlet.rows(
        "select count(*) as put_off from lane where lease_token is null and next_at > (select refilled_at from channel_pace)"
    )
    assert lanes["put_off"] == 7
    await asyncio.gather(*map(delivery._finish, works))
    await outlet.works()
    await outlet.settled()
    assert len(outlet.accepted()) == 10


# What nobody can know -----------------------------------------------------------------------------------------------


async def test_a_send_without_answer_is_unknown_and_never_sent_again(outlet: Outlet) -> None:
    talk = await outlet.talk()
    await outlet.faults(withhold={"hold_s": 0.2})
    message_id, after = await outlet.say(talk, "1"), await outlet.say(talk, "2")
    await outlet.works()
    row = await outlet.becomes(message_id, "unknown")
    assert row["error_code"] == "outcome_unknown"
    await outlet.becomes(after, "unknown")
    await outlet.settled()
    await asyncio.sleep(0.3)
    assert outlet.accepted() == [str(message_id), str(after)]


async def test_a_status_with_our_message_id_settles_an_unknown_send(outlet: Outlet) -> None:
    talk = await outlet.talk()
    await outlet.faults(withhold={"hold_s": 0.1})
    message_id = await outlet.say(talk, "1")
    await (await outlet.delivery()).drain()
    assert (await outlet.message(message_id))["status"] == "unknown"
    wamid = outlet.asked()[0]["wamid"]
    await outlet.report(talk, "delivered", provider_id=wamid, callback=message_id)
    row = await outlet.message(message_id)
    assert (row["status"], row["provider_id"], row["error_code"]) == ("delivered", wamid, None)


async def test_a_status_that_comes_before_our_own_record_is_not_lost_and_not_lowered(outlet: Outlet) -> None:
    """The provider may report `read` while the answer to our call is still on its way."""
    talk = await outlet.talk()
    message_id = await outlet.say(talk, "1")
    delivery = await outlet.delivery()
    claims = await delivery._claim(10)
    works, _ = await delivery._begin_together(claims)
    (work,) = works
    provider_id, failure = await delivery._ask(work)
    assert provider_id is not None
    await outlet.report(talk, "read", provider_id=provider_id)
    assert (await outlet.message(message_id))["status"] == "sending", "nobody knows yet whose report this is"
    await delivery._outcomes.record(work, provider_id, failure)
    row = await outlet.message(message_id)
    assert (row["status"], row["provider_id"]) == ("read", provider_id)


async def test_what_a_dead_worker_had_begun_is_unknown_and_the_next_message_goes_out(outlet: Outlet) -> None:
    before = _counted("unknown"), _counted("sent")
    talk = await outlet.talk()
    first, second = await outlet.say(talk, "1"), await outlet.say(talk, "2")
    dead = await outlet.delivery()
    assert len((await dead._begin_together(await dead._claim(10)))[0]) == 1
    await _expire_leases(outlet)
    await outlet.works()
    await outlet.settled()
    assert await _statuses(outlet, [first, second]) == ["unknown", "sent"]
    assert outlet.accepted() == [str(second)]
    assert (_counted("unknown"), _counted("sent")) == (before[0] + 1, before[1] + 1)


def _counted(status: str) -> float:
    """What an operator sees of it."""
    return REGISTRY.get_sample_value("invekto_messages_settled_total", {"status": status}) or 0


async def test_what_a_dead_worker_had_only_claimed_goes_out_once(outlet: Outlet) -> None:
    talk = await outlet.talk()
    message_id = await outlet.say(talk, "1")
    dead = await outlet.delivery()
    claims = await dead._claim(10)
    await _expire_leases(outlet)
    await (await outlet.delivery()).drain()
    assert (await outlet.message(message_id))["status"] == "sent"
    assert await dead._begin_together(claims) == ([], []), "its lease is gone"
    assert outlet.accepted() == [str(message_id)]


async def test_a_worker_that_was_frozen_during_its_call_corrects_what_another_has_called_unknown(
    outlet: Outlet,
) -> None:
    talk = await outlet.talk()
    message_id = await outlet.say(talk, "1")
    frozen = await outlet.delivery()
    ((work,), _) = await frozen._begin_together(await frozen._claim(10))
    provider_id, failure = await frozen._ask(work)
    await _expire_leases(outlet)
    await (await outlet.delivery()).drain()
    assert (await outlet.message(message_id))["status"] == "unknown"
    await frozen._outcomes.record(work, provider_id, failure)
    row = await outlet.message(message_id)
    assert (row["status"], row["provider_id"]) == ("sent", provider_id)
    assert outlet.accepted() == [str(message_id)]


# A channel that does not work ---------------------------------------------------------------------------------------


async def test_a_refused_token_asks_for_a_reconnect_and_fails_what_waits_with_the_reason(outlet: Outlet) -> None:
    talk = await outlet.talk()
    await outlet.faults(refuse={"code": 190})
    ids = [await outlet.say(talk, str(n)) for n in range(3)]
    await outlet.works()
    await outlet.settled()
    assert await _statuses(outlet, ids) == ["failed"] * 3
    assert {(await outlet.message(one))["error_code"] for one in ids} == {"channel_reconnect_needed"}
    (channel,) = await outlet.rows("select status, status_reason from channel")
    assert channel["status"] == "reconnect_needed"
    assert len(outlet.asked()) == 1, "with a token that is refused nobody asks again"
    (audited,) = await outlet.rows("select count(*) as n from audit_entry where action = 'channel.reconnect_needed'")
    assert audited["n"] == 1


async def test_credentials_sealed_by_another_install_are_a_reconnect_too(outlet: Outlet) -> None:
    talk = await outlet.talk()
    message_id = await outlet.say(talk, "1")
    await (await outlet.delivery(keys=KeyRing(b"x" * 32))).drain()
    row = await outlet.message(message_id)
    assert (row["status"], row["error_code"]) == ("failed", "channel_reconnect_needed")
    assert outlet.asked() == []


# What screens and lists show ----------------------------------------------------------------------------------------


async def test_the_list_shows_the_newest_messages_status_and_every_step_raises_the_versions(outlet: Outlet) -> None:
    talk = await outlet.talk()
    before = (await outlet.rows("select version from conversation"))[0]["version"]
    message_id = await outlet.say(talk, "1")
    await (await outlet.delivery()).drain()
    (row,) = await outlet.rows("select preview_status, version from conversation")
    assert row["preview_status"] == "sent"
    assert row["version"] >= before + 3, "queued, sending, sent"
    events = await outlet.rows(
        "select count(*) as n from event where message_id = $1 and kind = 'message.changed'", message_id
    )
    assert events[0]["n"] == 2


@pytest.mark.attack("A44")
async def test_claims_take_turns_between_firms(outlet: Outlet) -> None:
    """A firm with a hundred waiting conversations must not make another firm's only one wait."""
    many = [await outlet.talk(f"+9055522{n:05}") for n in range(30)]
    for talk in many:
        await outlet.say(talk, "x")
    await outlet.say(await outlet.talk("+905553334455", firm=1), "y")
    delivery = await outlet.delivery()
    claims = await delivery._claim(2)
    assert {claim.tenant_id for claim in claims} == {outlet.firms[0][0], outlet.firms[1][0]}


async def test_a_lane_is_held_by_who_claimed_it_last(outlet: Outlet) -> None:
    """F4: a worker whose lease ran out finds that the lane is another one's, whichever way it asks."""
    talk = await outlet.talk()
    await outlet.say(talk, "Merhaba")
    async with (await outlet.db.pool(DELIVERY)).acquire() as connection:
        (first,) = await rows.claim_lanes(connection, 10)
        await _expire_leases(outlet)
        (second,) = await rows.claim_lanes(connection, 10)
        async with claimed(connection, [talk.tenant_id]):
            assert await rows.hold_lane(connection, first) is None
            assert await batches.hold_lanes(connection, [first]) == {}
            assert await rows.hold_lane(connection, second) is not None
            assert set(await batches.hold_lanes(connection, [second])) == {talk.id}
