"""Ready-made scenes: each does what it is called, in bodies that the product understands."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pywa.types.system import PhoneNumberChange

from tests.channels.webhooks import parse
from tests.sandbox.conftest import Player, Receiver


async def play(player: Player, name: str, **body: Any) -> dict[str, Any]:
    answer = await player.control.post(
        f"/whatsapp_cloud/scenarios/{name}", json={"pace": 0, "wait": True} | body, timeout=30
    )
    assert answer.status_code == 200, answer.text
    run: dict[str, Any] = answer.json()
    assert (run["running"], run["problem"]) == (False, None)
    await player.idle()
    return run


def understood(receiver: Receiver) -> list[str]:
    found = [type(event).__name__ for post in receiver.posts for event in parse(post.body)]
    assert "UnhandledEvent" not in found
    return found


async def test_every_listed_scenario_is_one_that_can_be_played(player: Player, receiver: Receiver) -> None:
    names = (await player.control.get("/whatsapp_cloud/scenarios")).json()["items"]
    assert len(names) >= 10
    for name in names:
        await play(player, name)
    understood(receiver)
    assert (await player.control.post("/whatsapp_cloud/scenarios/nope")).status_code == 404
    assert (await player.control.post("/whatsapp_cloud/scenarios/album", json={"pace": -1})).status_code == 422


async def test_somebody_new_asks_for_a_price(player: Player, receiver: Receiver) -> None:
    run = await play(player, "new_customer")
    again = await play(player, "new_customer")
    assert run["customer"] != again["customer"], "each time somebody else"
    texts = [one["text"]["body"] for one in receiver.values("messages")]
    assert len(texts) == 4
    assert "fiyatı" in texts[1]


async def test_an_album_is_six_pictures_that_can_be_fetched(player: Player, receiver: Receiver) -> None:
    await play(player, "album")
    images = [one["image"] for one in receiver.values("messages")]
    assert [bool(one.get("caption")) for one in images] == [True] + [False] * 5
    files = [(await player.graph.get(one["url"])).content for one in images]
    assert all(file.startswith(b"\x89PNG") for file in files)
    assert len(set(files)) == 6


async def test_a_rush_is_twenty_people(player: Player, receiver: Receiver) -> None:
    await play(player, "rush")
    assert len({one["from"] for one in receiver.values("messages")}) == 20


async def test_who_comes_from_an_advertisement_says_which(player: Player, receiver: Receiver) -> None:
    await play(player, "from_ad")
    (message,) = receiver.values("messages")
    assert message["referral"]["source_type"] == "ad"
    assert message["referral"]["ctwa_clid"]
    assert message["text"]["body"]


async def test_a_message_is_edited_and_another_deleted(player: Player, receiver: Receiver) -> None:
    await play(player, "edit_and_delete")
    first, second, edit, revoke = receiver.values("messages")
    assert edit["edit"]["original_message_id"] == first["id"]
    assert revoke["revoke"]["original_message_id"] == second["id"]


async def test_the_window_closes_within_seconds(player: Player, receiver: Receiver) -> None:
    run = await play(player, "window_closes")
    assert time.time() - 86_400 < int(receiver.values("messages")[0]["timestamp"]) < time.time() - 86_400 + 25
    rows = (await player.control.get("/whatsapp_cloud/customers")).json()["items"]
    window = next(one["window"] for one in rows if one["id"] == run["customer"])
    assert window["state"] == "hour"
    assert 0 < window["closes_at"] - time.time() <= 20


async def test_a_template_that_waits_is_rejected_with_a_reason(player: Player, receiver: Receiver) -> None:
    await play(player, "template_rejected")
    wait = {"name": "bekler", "language": "tr", "category": "UTILITY", "held": True, "status": "PENDING"}
    body = {"templates": [wait | {"components": [{"type": "BODY", "text": "Merhaba"}]}]}
    await player.control.post("/whatsapp_cloud/templates", json=body)
    await play(player, "template_rejected")
    told = [post.value for post in receiver.posts]
    assert [(one["event"], one["reason"]) for one in told] == [("REJECTED", "PROMOTIONAL")] * 2
    assert told[1]["message_template_name"] == "bekler"


async def test_who_changes_the_number_is_one_person_and_tells_it(player: Player, receiver: Receiver) -> None:
    run = await play(player, "number_changed")
    before, system, after = receiver.values("messages")
    changed = PhoneNumberChange.from_update(client=player.pywa(), update=receiver.posts[1].raw_update)
    assert (system["from"], changed.new_wa_id) == (before["from"], after["from"])
    assert before["from"] != after["from"]
    assert before["from_user_id"] == system["system"]["previous_user_id"] != after["from_user_id"]
    rows = (await player.control.get("/whatsapp_cloud/customers")).json()["items"]
    assert [(one["id"], one["phone"]) for one in rows] == [(run["customer"], after["from"])]


async def test_a_number_cannot_be_taken_from_somebody_else(player: Player, receiver: Receiver) -> None:
    first = await player.customer()
    second = await player.customer(phone="+905551112244")
    for phone, code in (("+905551112244", "phone_taken"), ("x", "phone_invalid")):
        answer = await player.control.post(f"/whatsapp_cloud/customers/{first['id']}/number", json={"phone": phone})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    answer = await player.control.post(
        f"/whatsapp_cloud/customers/{second['id']}/number", json={"phone": "0555 111 22 55", "wait": True}
    )
    assert answer.json()["answers"][0]["status"] == 200
    assert receiver.values("messages")[0]["system"]["wa_id"] == "905551112255"


async def test_earlier_talks_come_in_phases_with_the_address_book(player: Player, receiver: Receiver) -> None:
    await play(player, "history")
    fields = [post.update["entry"][0]["changes"][0]["field"] for post in receiver.posts]
    assert fields == ["smb_app_state_sync", "history", "history", "history"]
    assert [post.value["history"][0]["metadata"]["phase"] for post in receiver.posts[1:]] == [0, 1, 2]
    kinds = understood(receiver)
    assert (kinds.count("ContactSynced"), kinds.count("HistoryMessage")) == (3, 8)
    rows = (await player.control.get("/whatsapp_cloud/customers")).json()["items"]
    assert {one["preview"] for one in rows} >= {"Yarın geliyoruz, değil mi?", "Geleceğim 👍"}


async def test_an_outage_is_over_by_itself_and_what_was_written_arrives(player: Player, receiver: Receiver) -> None:
    await play(player, "outage")
    assert len(receiver.values("messages")) == 2
    assert (await player.control.get("/faults")).json()["global"] == {}


@pytest.mark.parametrize("name", ["new_customer", "window_closes"])
async def test_a_reset_ends_what_is_being_played(player: Player, name: str) -> None:
    answer = await player.control.post(f"/whatsapp_cloud/scenarios/{name}", json={"pace": 1})
    assert (answer.status_code, answer.json()["running"]) == (202, True)
    await player.control.post("/reset")
    await player.idle()
    assert (await player.control.get("/whatsapp_cloud/customers")).json()["total"] == 0
