"""What we sent comes back as an echo of the phone: one line, whichever was recorded first."""

from __future__ import annotations

import pytest

from invekto.channels.adapter import Address, InboundMessage, Sender
from invekto.conversations.received import Incoming
from tests.conversations.outlet import Outlet, Talk


async def echoes(outlet: Outlet, talk: Talk, provider_id: str, text: str = "Buyurun") -> None:
    """The provider says that the firm wrote it on its phone."""
    phone = "+905551112233"
    event = InboundMessage(
        account_key=talk.number,
        provider_id=provider_id,
        sender=Sender(addresses=(Address(scheme="phone", value=phone),), display="Ayşe", phone=phone),
        sent_at=outlet.db.clock.now(),
        type="text",
        text=text,
        path="",
        raw_slice=b"",
        from_phone=True,
    )
    await outlet.take_in(Incoming(talk.tenant_id, talk.channel_id, event))


async def shown(outlet: Outlet) -> list[tuple[str, str, str]]:
    rows = await outlet.rows(
        "select author_kind, text, status from message where direction = 'outbound' and dismissed_at is null order by seq"
    )
    return [tuple(row) for row in rows]


async def test_an_echo_that_is_recorded_before_the_send_gives_way_to_it(outlet: Outlet) -> None:
    talk = await outlet.talk()
    sent = await outlet.say(talk, "Buyurun")
    delivery = await outlet.delivery()
    (work,), _ = await delivery._begin_together(await delivery._claim(10))
    provider_id, failure = await delivery._ask(work)
    assert provider_id is not None
    await echoes(outlet, talk, provider_id)
    await outlet.report(talk, "delivered", provider_id=provider_id)
    assert [kind for kind, _, _ in await shown(outlet)] == ["user", "phone"]
    await delivery._outcomes.record(work, provider_id, failure)
    row = await outlet.message(sent)
    assert (row["status"], row["provider_id"]) == ("delivered", provider_id)
    await outlet.settled()
    assert await shown(outlet) == [("user", "Buyurun", "delivered")]
    (listed,) = await outlet.rows("select preview, preview_seq, preview_status from conversation")
    assert tuple(listed) == ("Buyurun", row["seq"], "delivered")
    await echoes(outlet, talk, provider_id)
    assert await shown(outlet) == [("user", "Buyurun", "delivered")]


async def test_an_echo_of_a_send_that_is_recorded_is_a_replay(outlet: Outlet) -> None:
    talk = await outlet.talk()
    sent = await outlet.say(talk, "Buyurun")
    await outlet.works()
    row = await outlet.becomes(sent, "sent", "delivered", "read")
    await echoes(outlet, talk, row["provider_id"])
    assert [kind for kind, _, _ in await shown(outlet)] == ["user"]


@pytest.mark.parametrize("report_first", [True, False])
async def test_a_status_that_names_our_message_takes_the_id_back_from_the_echo(
    outlet: Outlet, report_first: bool
) -> None:
    talk = await outlet.talk()
    sent = await outlet.say(talk, "Buyurun")
    if report_first:
        await outlet.report(talk, "sent", provider_id="wamid.x")
    await echoes(outlet, talk, "wamid.x")
    await outlet.report(talk, "read", provider_id="wamid.x", callback=sent)
    assert await shown(outlet) == [("user", "Buyurun", "read")]
    assert (await outlet.message(sent))["provider_id"] == "wamid.x"
