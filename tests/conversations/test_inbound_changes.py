"""What the other side does to a message later: every order of arrival ends in the same state."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest

from tests.channels.webhooks import body
from tests.conversations.inlet import Inlet, Json, Line

PHONE = "905551112233"
BUSINESS = "908500000000"


def at(inlet: Inlet, seconds: int) -> str:
    return str(int((inlet.clock.now() + timedelta(seconds=seconds)).timestamp()))


def edit(inlet: Inlet, line: Line, target: str, text: str, key: str, after: int) -> Json:
    inner = {"type": "text", "text": {"body": text}}
    said = {"original_message_id": target, "message": inner}
    return inlet.says(line, PHONE, None, key=key, type="edit", edit=said, timestamp=at(inlet, after))


def revoke(inlet: Inlet, line: Line, target: str, key: str = "wamid.revoke") -> Json:
    return inlet.says(line, PHONE, None, key=key, type="revoke", revoke={"original_message_id": target})


def react(inlet: Inlet, line: Line, target: str, emoji: str, key: str, after: int) -> Json:
    said = {"message_id": target, "emoji": emoji}
    return inlet.says(line, PHONE, None, key=key, type="reaction", reaction=said, timestamp=at(inlet, after))


def echo(inlet: Inlet, line: Line, key: str = "wamid.echo", text: str = "Buyurun", **changes: Any) -> Json:
    said: Json = {"from": BUSINESS, "to": PHONE, "id": key, "type": "text", "text": {"body": text}} | changes
    part = {"timestamp": at(inlet, 0)} | said
    return inlet.change(line, message_echoes=[part]) | {"field": "smb_message_echoes"}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_edits_end_in_the_newest_text_in_any_order_and_keep_the_earlier_ones(
    inlet: Inlet, order: tuple[int, ...]
) -> None:
    (line,) = await inlet.firm()
    parts = [
        inlet.says(line, PHONE, "bir", key="wamid.a"),
        edit(inlet, line, "wamid.a", "iki", "wamid.e1", 10),
        edit(inlet, line, "wamid.a", "üç", "wamid.e2", 20),
    ]
    for place in order:
        await inlet.receive(parts[place])
    await inlet.receive(*parts)
    row = await inlet.one("select text, edited_at from message where provider_id = 'wamid.a'")
    assert row["text"] == "üç"
    assert row["edited_at"] == inlet.clock.now().replace(microsecond=0) + timedelta(seconds=20)
    texts = await inlet.rows("select text from message_revision order by written_at")
    assert [one["text"] for one in texts] == ["bir", "iki", "üç"]
    assert (await inlet.one("select preview, inbound_count from conversation"))["preview"] == "üç"
    assert await inlet.rows("select 1 from message_change where applied_at is null or text is not null") == []
    await inlet.check_threads()


@pytest.mark.parametrize("late", [False, True])
async def test_a_revoked_message_is_marked_and_kept(inlet: Inlet, late: bool) -> None:
    (line,) = await inlet.firm()
    parts = [inlet.says(line, PHONE, "gizli", key="wamid.a"), revoke(inlet, line, "wamid.a")]
    for part in reversed(parts) if late else parts:
        await inlet.receive(part)
    row = await inlet.one("select text, revoked_at from message where provider_id = 'wamid.a'")
    assert (row["text"], row["revoked_at"] is not None) == ("gizli", True)
    # Whether the list shows it is the firm's choice: test_revoked.
    assert (await inlet.one("select preview from conversation"))["preview"] == "gizli"


async def test_nobody_changes_what_the_other_side_wrote(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, "benim", key="wamid.a"))
    gone = {"original_message_id": "wamid.a"}
    await inlet.receive(echo(inlet, line, id="wamid.er", type="revoke", revoke=gone))
    assert (await inlet.one("select revoked_at from message"))["revoked_at"] is None


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_one_reaction_counts_whatever_the_order(inlet: Inlet, order: tuple[int, ...]) -> None:
    (line,) = await inlet.firm()
    parts = [
        inlet.says(line, PHONE, "bir", key="wamid.a"),
        react(inlet, line, "wamid.a", "👍", "wamid.r1", 10),
        react(inlet, line, "wamid.a", "", "wamid.r2", 20),
        react(inlet, line, "wamid.a", "🎉", "wamid.r3", 30),
    ]
    await inlet.receive(*(parts[place] for place in order[:2]))
    for place in order[2:]:
        await inlet.receive(parts[place])
    rows = await inlet.rows(
        "select payload->>'emoji' as emoji, reply_to_id from message where type = 'reaction' and dismissed_at is null"
    )
    assert [row["emoji"] for row in rows] == ["🎉"]
    target = await inlet.one("select id from message where provider_id = 'wamid.a'")
    assert rows[0]["reply_to_id"] == target["id"]
    # A replay of what was taken back changes nothing.
    await inlet.receive(parts[1], parts[2])
    assert len(await inlet.rows("select 1 from message where type = 'reaction' and dismissed_at is null")) == 1


async def test_a_reaction_taken_back_leaves_none(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(
        inlet.says(line, PHONE, "bir", key="wamid.a"),
        react(inlet, line, "wamid.a", "👍", "wamid.r1", 10),
        react(inlet, line, "wamid.a", "", "wamid.r2", 20),
    )
    assert await inlet.rows("select 1 from message where type = 'reaction' and dismissed_at is null") == []


# The firm's phone -------------------------------------------------------------------------------------------------


async def test_what_the_firm_writes_on_its_phone_answers_and_is_shown(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, "Orada mısınız?"))
    await inlet.receive(inlet.reports(line, "read", "wamid.echo"), echo(inlet, line))
    row = await inlet.one(
        "select direction, author_kind, status, sent_at, text from message where provider_id = 'wamid.echo'"
    )
    assert (row["direction"], row["author_kind"], row["status"]) == ("outbound", "phone", "read")
    talk = await inlet.one("select * from conversation")
    assert (talk["status"], talk["waiting_since"], talk["answered_inbound_no"]) == ("open", None, 1)
    assert (talk["preview"], talk["preview_direction"], talk["preview_status"]) == ("Buyurun", "outbound", "read")
    assert await inlet.count("answer_interval") == 0
    assert talk["first_response_at"] is None


async def test_an_echo_from_before_the_question_answers_nothing(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, "Orada mısınız?"), echo(inlet, line, timestamp=at(inlet, -60)))
    assert (await inlet.one("select waiting_since from conversation"))["waiting_since"] is not None


async def test_an_echo_reopens_nothing_and_our_own_send_is_not_doubled(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, "Selam"))
    await inlet.resolve(ago=timedelta(hours=1))
    await inlet.receive(echo(inlet, line), echo(inlet, line))
    assert (await inlet.one("select status from conversation"))["status"] == "resolved"
    assert len(await inlet.rows("select 1 from message where provider_id = 'wamid.echo'")) == 1
    await inlet.receive(echo(inlet, line, key="wamid.first", to="905557776655"))
    talks = await inlet.rows("select status, preview from conversation order by number")
    assert [(one["status"], one["preview"]) for one in talks] == [("resolved", "Buyurun"), ("resolved", "Buyurun")]
    await inlet.check_threads()


# People -----------------------------------------------------------------------------------------------------------


async def test_a_changed_number_moves_with_its_person(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, "Eski hattım"))
    system = {"type": "user_changed_number", "wa_id": "905559998877", "body": "x"}
    await inlet.receive(inlet.says(line, PHONE, None, key="wamid.s", type="system", system=system))
    await inlet.receive(inlet.says(line, "905559998877", "Yeni hattım"))
    assert await inlet.count("identity") == 1
    assert (await inlet.one("select phone from contact"))["phone"] == "+905559998877"
    (told,) = await inlet.rows("select payload, text from message where type = 'system'")
    assert json.loads(told["payload"]) == {"action": "number_changed", "from": "+905551112233", "to": "+905559998877"}
    # The old number has another holder now.
    await inlet.receive(inlet.says(line, PHONE, "Ben başkasıyım", name="Bora"))
    assert await inlet.count("identity") == 2


async def test_a_number_that_somebody_has_is_suggested_and_merged_by_nobody(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, "a"), inlet.says(line, "905559998877", "b", name="Bora"))
    system = {"type": "user_changed_number", "wa_id": "905559998877", "body": "x"}
    await inlet.receive(inlet.says(line, PHONE, None, key="wamid.s", type="system", system=system))
    assert await inlet.count("merge_suggestion") == 1
    assert await inlet.count("identity") == 2
    owners = await inlet.rows("select distinct identity_id from identity_address where scheme = 'phone'")
    assert len(owners) == 2


async def test_an_exchanged_user_id_is_the_same_person(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, "a", user_id="TR.1"))
    ids = {"wa_id": PHONE, "user_id": {"previous": "TR.1", "current": "TR.2"}, "timestamp": at(inlet, 0)}
    await inlet.receive(inlet.change(line, user_id_update=[ids]) | {"field": "user_id_update"})
    await inlet.receive(inlet.says(line, None, "b", user_id="TR.2"))
    assert await inlet.count("identity") == 1


async def test_the_first_advertisement_is_remembered_once(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    for clid in ("bir", "iki"):
        await inlet.receive(inlet.says(line, PHONE, clid, referral={"source_type": "ad", "ctwa_clid": clid}))
    touch = await inlet.one("select first_touch, first_touch_at from contact")
    assert json.loads(touch["first_touch"]) == {"source_type": "ad", "ctwa_clid": "bir"}
    contexts = await inlet.rows("select context from message order by seq")
    assert [json.loads(one["context"])["referral"]["ctwa_clid"] for one in contexts] == ["bir", "iki"]


async def test_a_wish_about_marketing_is_a_line_and_a_row_of_the_ledger(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, "a"))
    wish = {"wa_id": PHONE, "category": "marketing_messages", "value": "stop", "detail": "d", "timestamp": at(inlet, 0)}
    stop = inlet.change(line, contacts=[{"wa_id": PHONE}], user_preferences=[wish]) | {"field": "user_preferences"}
    await inlet.receive(stop, stop)
    row = await inlet.one("select category, wanted, detail from consent_entry")
    assert tuple(row) == ("marketing", False, "d")
    (told,) = await inlet.rows("select payload from message where type = 'system'")
    assert json.loads(told["payload"]) == {"action": "marketing_stopped"}
    assert (await inlet.one("select inbound_count from conversation"))["inbound_count"] == 1


async def test_a_batch_of_changes_costs_no_statement_each(inlet: Inlet) -> None:
    (line,) = await inlet.firm()

    def lot(count: int, start: int) -> list[bytes]:
        made = []
        for number in range(start, start + count):
            made.append(body(inlet.says(line, PHONE, "a", key=f"wamid.m{number}")))
            made.append(body(edit(inlet, line, f"wamid.m{number}", "b", f"wamid.e{number}", 5)))
            made.append(body(react(inlet, line, f"wamid.m{number}", "👍", f"wamid.r{number}", 6)))
            made.append(body(echo(inlet, line, key=f"wamid.p{number}")))
        return made

    asked: list[str] = []

    def note(query: Any) -> None:
        asked.append(query.query)

    counts = []
    for parts in (lot(1, 0), lot(1, 50), lot(20, 100)):
        await inlet.store(*parts)
        asked.clear()
        with inlet.connection.query_logger(note):
            await inlet.work()
        counts.append(len(asked))
    # The first one learns types and routes.
    assert counts[1] == counts[2], counts
