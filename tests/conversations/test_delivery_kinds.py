"""Kinds and refusals on their way out: the provider's own words arrive, one person's pace is their lane's, spam stops the number."""

from __future__ import annotations

from invekto.channels.outgoing import Button, Buttons, Card, Location
from invekto.conversations.outbound_content import ContactsContent, InteractiveContent, LocationContent
from tests.conversations.outlet import Outlet


async def test_what_needs_no_file_goes_out_in_its_order(outlet: Outlet) -> None:
    talk = await outlet.talk()
    sent = [
        await outlet.say(
            talk, InteractiveContent("Geliyor musunuz?", Buttons(buttons=(Button(id="1", title="Evet"),)))
        ),
        await outlet.say(talk, LocationContent(Location(latitude=41.0, longitude=29.0))),
        await outlet.say(talk, ContactsContent((Card(name="Ayşe", phones=("+905551112244",)),))),
    ]
    await (await outlet.delivery()).drain()
    assert outlet.accepted() == [str(message) for message in sent]
    assert [entry["type"] for entry in outlet.asked()] == ["interactive", "location", "contacts"]


async def test_too_much_for_one_person_holds_their_lane_only_and_longer_each_time(outlet: Outlet) -> None:
    slow, other = await outlet.talk(), await outlet.talk("+905551112299")
    await outlet.faults(slow.number, refuse={"code": 131056})
    delivery = await outlet.delivery()
    await outlet.say(slow, "bir")
    for attempt, wait_s in enumerate((4, 16, 64), 1):
        await delivery.drain()
        (lane,) = await outlet.rows("select attempts, extract(epoch from next_at - now())::float8 as wait_s from lane")
        assert lane["attempts"] == attempt
        assert wait_s - 2 < lane["wait_s"] <= wait_s
        await outlet.rows("update lane set next_at = now() returning 1")
    await outlet.rows("update lane set next_at = now() + interval '1 minute' returning 1")
    await outlet.faults(slow.number, refuse=None)
    await outlet.say(other, "iki")
    await delivery.drain()
    assert len(outlet.accepted()) == 1, "the number itself does not pause"


async def test_spam_stops_the_number_with_its_reason_and_what_waits_is_shown_as_failed(outlet: Outlet) -> None:
    talk, other = await outlet.talk(), await outlet.talk("+905551112299")
    await outlet.faults(talk.number, refuse={"code": 131048})
    delivery = await outlet.delivery()
    first = await outlet.say(talk, "bir")
    second = await outlet.say(talk, "iki")
    await delivery.drain()
    (channel,) = await outlet.rows("select status, status_reason from channel where id = $1", talk.channel_id)
    assert channel["status"] == "paused"
    assert channel["status_reason"]
    for message_id in (first, second):
        row = await outlet.message(message_id)
        assert (row["status"], row["error_code"]) == ("failed", "channel_stopped")
    assert len(outlet.asked()) == 1, "the second was not even asked for"
    assert other.channel_id == talk.channel_id
    events = await outlet.rows("select from event where kind = 'channel.paused'")
    assert len(events) == 1


async def test_a_person_who_wants_no_advertising_is_written_down_once(outlet: Outlet) -> None:
    talk = await outlet.talk()
    await outlet.faults(talk.number, refuse={"code": 131050})
    for text in ("bir", "iki"):
        message_id = await outlet.say(talk, text)
        await (await outlet.delivery()).drain()
        assert (await outlet.message(message_id))["error_code"] == "marketing_stopped"
    rows = await outlet.rows("select category, wanted, source from consent_entry")
    assert [tuple(row) for row in rows] == [("marketing", False, "provider")]
