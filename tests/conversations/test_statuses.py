"""What providers report about our messages: forward only, whatever order it comes in, however often it is said."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invekto.conversations.delivery_rows import Claim, settle
from invekto.conversations.outbound import send_message
from invekto.conversations.outbound_content import TextContent
from invekto.conversations.statuses import apply_parked, forget_parked
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import DELIVERY, INGEST, claimed
from invekto.kernel.tx import SYSTEM
from tests.conversations.inlet import Inlet, Json, Line

PHONE = "905551110001"


async def queued(inlet: Inlet, line: Line, phone: str = PHONE) -> UUID:
    """A message of ours to somebody who has written, waiting in its lane."""
    await inlet.receive(inlet.says(line, phone))
    conversation = (
        await inlet.one(
            "select c.id from conversation c join identity_address a on a.identity_id = c.identity_id"
            " where a.value = $1 and a.tenant_id = $2",
            f"+{phone}",
            line.tenant_id,
        )
    )[0]
    async with inlet.db.tx(line.tenant_id, SYSTEM) as tx:
        return await send_message(tx, conversation, TextContent("Buyurun"), client_id=str(uuid7()))


async def stands_at(inlet: Inlet, message_id: UUID, status: str, provider_id: str | None = None) -> None:
    """What delivery would have recorded by now."""
    await inlet.execute(
        "update message set status = $2, provider_id = $3 where id = $1", message_id, status, provider_id
    )


async def status_of(inlet: Inlet, message_id: UUID) -> str:
    found: str = (await inlet.one("select status from message where id = $1", message_id))[0]
    return found


@pytest.mark.parametrize("order", [*permutations(("sent", "delivered", "read"))])
@pytest.mark.parametrize("together", [True, False])
async def test_statuses_in_any_order_end_at_read_with_every_time(
    inlet: Inlet, order: tuple[str, ...], together: bool
) -> None:
    (line,) = await inlet.firm()
    message = await queued(inlet, line)
    await stands_at(inlet, message, "sent", "wamid.out")
    start = inlet.clock.now()
    at = {
        name: str(int((start + timedelta(seconds=place)).timestamp()))
        for place, name in enumerate(("sent", "delivered", "read"))
    }
    changes = [inlet.reports(line, name, "wamid.out", timestamp=at[name]) for name in order]
    if together:
        await inlet.receive(*changes)
    else:
        for change in changes:
            await inlet.receive(change)
    row = await inlet.one("select status, sent_at, delivered_at, read_at from message where id = $1", message)
    assert tuple(row) == ("read", *(start + timedelta(seconds=place) for place in range(3)))
    assert (await inlet.one("select preview_status from conversation"))[0] == "read"


async def test_a_status_that_comes_before_its_message_was_recorded_waits_for_it(inlet: Inlet) -> None:
    """Without our id in it, there is nothing to find the message by yet."""
    (line,) = await inlet.firm()
    message = await queued(inlet, line)
    await stands_at(inlet, message, "sending")
    await inlet.receive(inlet.reports(line, "delivered", "wamid.out"), inlet.reports(line, "sent", "wamid.out"))
    assert await status_of(inlet, message) == "sending"
    assert await inlet.rows("select 1 from delivery_update where applied_at is not null") == []
    conversation = (await inlet.one("select id, channel_id from conversation"))[0]
    claim = Claim(line.tenant_id, conversation, line.id, uuid7(), 0, 0.0)
    async with (await inlet.db.pool(DELIVERY)).acquire() as connection, claimed(connection, [line.tenant_id]):
        await settle(connection, claim, message, "sent", provider_id="wamid.out")
        await apply_parked(connection, line.tenant_id, line.id, ["wamid.out"])
    assert await status_of(inlet, message) == "delivered"
    assert await inlet.rows("select 1 from delivery_update where applied_at is null") == []


@pytest.mark.parametrize("status", ["queued", "sending", "unknown"])
async def test_a_status_that_names_our_message_settles_it_whatever_became_of_the_answer(
    inlet: Inlet, status: str
) -> None:
    (line,) = await inlet.firm()
    message = await queued(inlet, line)
    await stands_at(inlet, message, status)
    await inlet.execute(
        "update message set error_code = 'outcome_unknown' where id = $1 and status = 'unknown'", message
    )
    await inlet.receive(inlet.reports(line, "sent", "wamid.out", of=message))
    row = await inlet.one("select status, provider_id, error_code from message where id = $1", message)
    assert tuple(row) == ("sent", "wamid.out", None)
    await inlet.receive(inlet.reports(line, "delivered", "wamid.out"))
    assert await status_of(inlet, message) == "delivered", "from now on the provider's id is enough"


async def test_an_unknown_send_that_failed_at_the_provider_is_failed_and_may_be_sent_again(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    message = await queued(inlet, line)
    await stands_at(inlet, message, "unknown")
    errors = [{"code": 131026, "title": "Message undeliverable"}]
    await inlet.receive(inlet.reports(line, "failed", "wamid.out", of=message, errors=errors))
    row = await inlet.one("select status, error_code, error_vendor_code from message where id = $1", message)
    assert tuple(row) == ("failed", "recipient_unreachable", "131026")


async def test_a_late_delivery_follows_a_failure_and_takes_its_error_away(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    message = await queued(inlet, line)
    await stands_at(inlet, message, "sent", "wamid.out")
    errors = [{"code": 131026, "title": "Message undeliverable"}]
    await inlet.receive(inlet.reports(line, "failed", "wamid.out", errors=errors))
    assert await status_of(inlet, message) == "failed"
    await inlet.receive(inlet.reports(line, "sent", "wamid.out"))
    assert await status_of(inlet, message) == "failed", "accepted is less than failed"
    await inlet.receive(inlet.reports(line, "delivered", "wamid.out"))
    row = await inlet.one(
        "select status, error_code, error_vendor_code, error_detail from message where id = $1", message
    )
    assert tuple(row) == ("delivered", None, None, None)


async def test_a_failure_after_the_delivery_changes_nothing(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    message = await queued(inlet, line)
    await stands_at(inlet, message, "delivered", "wamid.out")
    await inlet.receive(inlet.reports(line, "failed", "wamid.out", errors=[{"code": 131026}]))
    row = await inlet.one("select status, error_code, error_vendor_code from message where id = $1", message)
    assert tuple(row) == ("delivered", None, None)


async def test_a_repeated_status_is_no_news(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    message = await queued(inlet, line)
    await stands_at(inlet, message, "sent", "wamid.out")
    change = inlet.reports(line, "delivered", "wamid.out")
    await inlet.receive(change)
    before = await inlet.one("select version from message where id = $1", message), await inlet.count("event")
    await inlet.receive(change, change)
    assert (await inlet.one("select version from message where id = $1", message), await inlet.count("event")) == before


async def test_a_status_finds_no_message_of_another_firm_or_line(inlet: Inlet) -> None:
    """A7: our message's id in a stranger's webhook binds nothing."""
    ours, other = await inlet.firm("demo", lines=2)
    (theirs,) = await inlet.firm("demo2")
    message = await queued(inlet, ours)
    await stands_at(inlet, message, "unknown")
    await inlet.receive(*(inlet.reports(line, "read", "wamid.out", of=message) for line in (theirs, other)))
    row = await inlet.one("select status, provider_id from message where id = $1", message)
    assert tuple(row) == ("unknown", None)


async def test_a_status_of_an_inbound_message_is_kept_and_changes_nothing(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, key="wamid.in"))
    await inlet.receive(inlet.reports(line, "read", "wamid.in"))
    assert (await inlet.one("select status from message"))[0] is None


async def test_two_provider_ids_for_one_message_bind_the_first_and_stop_nothing(inlet: Inlet) -> None:
    """What a doubled send would look like: it must be visible in the reports, and must not hold up the queue."""
    (line,) = await inlet.firm()
    message = await queued(inlet, line)
    await stands_at(inlet, message, "unknown")
    await inlet.receive(inlet.reports(line, "sent", "wamid.a", of=message))
    await inlet.receive(inlet.reports(line, "delivered", "wamid.b", of=message))
    row = await inlet.one("select status, provider_id from message where id = $1", message)
    assert tuple(row) == ("sent", "wamid.a")
    assert await inlet.count("quarantine") == 0
    assert (await inlet.one("select provider_id from delivery_update where applied_at is null"))[0] == "wamid.b"


async def test_reports_whose_message_never_comes_are_forgotten_after_a_day(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    message = await queued(inlet, line)
    await stands_at(inlet, message, "sent", "wamid.out")
    await inlet.receive(inlet.reports(line, "sent", "wamid.stranger"), inlet.reports(line, "delivered", "wamid.out"))
    async with (await inlet.db.pool(INGEST)).acquire() as connection:
        past = (await inlet.one("select now() - interval '1 hour'"))[0]
        assert await forget_parked(connection, past) == 0
        assert await forget_parked(connection, past + timedelta(hours=2)) == 1
    assert (await inlet.one("select provider_id from delivery_update"))[0] == "wamid.out"


# Any interleaving ---------------------------------------------------------------------------------------------------

_EVENTS = st.permutations(["sent", "delivered", "read", "failed", "our record"]).flatmap(
    lambda order: st.tuples(st.just(order), st.integers(1, 5), st.lists(st.booleans(), min_size=5, max_size=5))
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=_EVENTS, echoed=st.booleans())
async def test_every_interleaving_of_the_same_reports_ends_in_the_same_state(
    inlet: Inlet, plan: tuple[list[str], int, list[bool]], echoed: bool
) -> None:
    """Some prefix or all of: sent, delivered, read, failed and our own record of the send, in batches cut anywhere.

    What counts is the set that came, never its order: so the expectation is computed from the set.
    """
    order, length, cuts = plan
    known = await inlet.rows("select tenant_id, id, account_key from channel limit 1")
    line = Line(known[0]["id"], known[0]["tenant_id"], known[0]["account_key"]) if known else (await inlet.firm())[0]
    message = await queued(inlet, line, f"90555{uuid7().int % 10**7:07}")
    provider_id = f"wamid.{message}"
    await stands_at(inlet, message, "sending")
    # Our record comes at some time in any case; without an echo of our id nothing can be applied before.
    came = [*order[:length], *(["our record"] if "our record" not in order[:length] else [])]
    batch: list[Json] = []
    for event, cut in zip(came, [*cuts, True], strict=False):
        if event == "our record":
            await inlet.receive(*batch)
            batch = []
            await _record(inlet, line, message, provider_id)
            continue
        errors = {"errors": [{"code": 131026, "title": "x"}]} if event == "failed" else {}
        batch.append(inlet.reports(line, event, provider_id, of=message if echoed else None, **errors))
        if cut:
            await inlet.receive(*batch)
            batch = []
    await inlet.receive(*batch)
    row = await inlet.one("select status, error_code, error_vendor_code from message where id = $1", message)
    assert tuple(row) == _expected(set(came))


def _expected(came: set[str]) -> tuple[str, str | None, str | None]:
    if "read" in came:
        return "read", None, None
    if "delivered" in came:
        return "delivered", None, None
    if "failed" in came:
        return "failed", "recipient_unreachable", "131026"
    return "sent", None, None


async def _record(inlet: Inlet, line: Line, message: UUID, provider_id: str) -> None:
    conversation = (await inlet.one("select conversation_id from message where id = $1", message))[0]
    claim = Claim(line.tenant_id, conversation, line.id, uuid7(), 0, 0.0)
    async with (await inlet.db.pool(DELIVERY)).acquire() as connection, claimed(connection, [line.tenant_id]):
        await settle(connection, claim, message, "sent", provider_id=provider_id)
        await apply_parked(connection, line.tenant_id, line.id, [provider_id])


@pytest.mark.parametrize(("code", "consent", "channel"), [(131050, 1, "connected"), (131048, 0, "paused")])
async def test_a_late_refusal_is_followed_beyond_its_message_and_once(
    inlet: Inlet, code: int, consent: int, channel: str
) -> None:
    (line,) = await inlet.firm()
    message = await queued(inlet, line)
    await stands_at(inlet, message, "sent", "wamid.out")
    for _ in range(2):
        await inlet.receive(inlet.reports(line, "failed", "wamid.out", errors=[{"code": code, "title": "x"}]))
    assert await status_of(inlet, message) == "failed"
    assert await inlet.count("consent_entry") == consent
    assert (await inlet.one("select status from channel where id = $1", line.id))[0] == channel
