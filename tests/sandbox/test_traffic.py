"""What the menu does to webhooks on their way: overtaking, packing, an outage; and the log that shows it all."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.sandbox.conftest import Player, Receiver


async def texts(player: Player, customer: int, *words: str) -> None:
    for word in words:
        await player.control.post(f"/whatsapp_cloud/customers/{customer}/messages", json={"text": word})


async def test_every_second_webhook_overtakes_the_one_before_it(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    await player.fault(reorder={"hold_s": 30})
    await texts(player, customer["id"], "1", "2", "3", "4")
    await player.idle()
    assert [one["text"]["body"] for one in receiver.values("messages")] == ["2", "1", "4", "3"]


async def test_a_webhook_that_nobody_overtakes_goes_when_its_time_is_over(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    await player.fault(reorder={"hold_s": 0.2})
    await texts(player, customer["id"], "allein")
    waiting = (await player.control.get("/state")).json()["waiting"]
    assert (waiting["total"], waiting["items"][0]["label"]) == (1, "messages.text")
    await player.idle()
    assert [one["text"]["body"] for one in receiver.values("messages")] == ["allein"]


async def test_what_waits_to_be_overtaken_goes_at_once_when_the_fault_is_taken_away(
    player: Player, receiver: Receiver
) -> None:
    customer = await player.customer()
    await player.fault(reorder={"hold_s": 600})
    await texts(player, customer["id"], "1")
    await player.fault(reorder=None)
    await player.idle()
    assert [one["text"]["body"] for one in receiver.values("messages")] == ["1"]


async def test_updates_travel_together_in_one_body_that_is_signed_as_a_whole(
    player: Player, receiver: Receiver
) -> None:
    customer = await player.customer()
    await player.fault(batch={"size": 3, "wait_ms": 300})
    await texts(player, customer["id"], "1", "2", "3", "4")
    await player.idle()
    assert [len(post.update["entry"][0]["changes"]) for post in receiver.posts] == [3, 1]
    assert [one["text"]["body"] for one in receiver.values("messages")] == ["1", "2", "3", "4"]
    thread = (await player.control.get(f"/whatsapp_cloud/customers/{customer['id']}/messages")).json()["items"]
    assert {one["status"] for one in thread} == {"delivered"}, "each message of the body was told"


async def test_a_body_of_several_updates_that_is_refused_comes_again_whole(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    await player.fault(batch={"size": 2, "wait_ms": 300})
    receiver.statuses = [503, 200]
    await texts(player, customer["id"], "1", "2")
    await player.idle()
    assert [len(post.update["entry"][0]["changes"]) for post in receiver.posts] == [2, 2]


async def test_an_outage_answers_503_sends_nothing_and_ends_by_itself(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    await player.writes(customer["id"])
    await player.fault(outage={"for_s": 0.8})
    answer = await player.send()
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, 2)
    assert (await player.graph.get(f"/v24.0/{player.phone_id}")).status_code == 503
    written = await player.writes(customer["id"], text="während")
    assert written["answers"][0]["error"] == "the provider is away"
    assert len(receiver.posts) == 1
    assert (await player.control.get("/state")).json()["waiting"]["total"] == 1
    await player.idle()
    assert [one["text"]["body"] for one in receiver.values("messages")] == ["Merhaba", "während"]
    assert [entry["attempt"] for entry in player.ledger("webhook")] == [1, 1], "an outage is no failed attempt"
    await asyncio.sleep(0.05)
    assert (await player.control.get("/faults")).json()["global"] == {}
    assert (await player.send()).status_code == 200


async def test_an_outage_can_be_ended_by_hand(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    await player.fault(outage={"for_s": 600})
    await texts(player, customer["id"], "1")
    await player.control.delete("/faults")
    await player.idle()
    assert len(receiver.posts) == 1


async def test_files_are_gone_while_the_menu_says_so_and_addresses_live_as_long_as_set(player: Player) -> None:
    file = {"base64": "iVBORw0KGgo=", "mime": "image/png"}
    customer = await player.customer()
    await player.writes(customer["id"], file=file)
    thread = (await player.control.get(f"/whatsapp_cloud/customers/{customer['id']}/messages")).json()["items"]
    node = f"/v24.0/{thread[0]['media']['id']}"
    url = (await player.graph.get(node)).json()["url"]
    await player.fault(media={"every": 2})
    assert [(await player.graph.get(url)).status_code for _ in range(4)] == [200, 404, 200, 404]
    await player.fault(media=None)
    answer = await player.control.put("/settings", json={"whatsapp_cloud": {"media_url_s": 1}})
    assert answer.json()["whatsapp_cloud"]["media_url_s"] == 1
    url = (await player.graph.get(node)).json()["url"]
    assert (await player.graph.get(url)).status_code == 200
    await asyncio.sleep(2.05)
    assert (await player.graph.get(url)).status_code == 404
    assert (await player.graph.get((await player.graph.get(node)).json()["url"])).status_code == 200


async def test_a_webhook_of_the_log_can_be_sent_again_byte_for_byte(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    await player.fault(forge=True)
    receiver.status = 403
    await player.writes(customer["id"], text="/ ç")
    await player.fault(forge=None)
    receiver.status = 200
    entry = (await player.control.get("/log", params={"direction": "webhook"})).json()["items"][0]
    answer = await player.control.post(f"/log/{entry['id']}/resend")
    assert answer.json()["status"] == 200
    forged, good = receiver.posts
    assert forged.body == good.body
    assert forged.signature != good.signature
    newest = (await player.control.get("/log")).json()["items"][0]
    assert (newest["note"], newest["label"]) == ("sent again", "messages.text")


async def test_only_webhooks_can_be_sent_again(player: Player) -> None:
    await player.send()
    entry = (await player.control.get("/log", params={"direction": "call"})).json()["items"][0]
    refused = await player.control.post(f"/log/{entry['id']}/resend")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "not_a_webhook")
    assert (await player.control.post("/log/999999/resend")).status_code == 404


async def test_the_log_has_the_headers_of_both_sides_and_no_secret(player: Player) -> None:
    customer = await player.customer()
    await player.writes(customer["id"])
    await player.send()
    await player.graph.get("/oauth/access_token", params={"client_secret": player.keys["app_secret"]})
    items = (await player.control.get("/log", params={"bodies": 1})).json()["items"]
    for secret in (player.keys["access_token"], player.keys["app_secret"], player.keys["verify_token"]):
        assert secret not in json.dumps(items)
    call = next(one for one in items if one["label"] == "POST /messages text")
    assert call["request_headers"]["authorization"] == "•••"
    assert call["answer_headers"]["content-type"] == "application/json"
    webhook = next(one for one in items if one["label"] == "messages.text")
    assert webhook["request_headers"]["X-Hub-Signature-256"].startswith("sha256=")
    assert webhook["url"].endswith("/hooks/whatsapp_cloud")


async def test_the_log_is_searched_by_words_and_by_failure_and_can_be_emptied(player: Player) -> None:
    customer = await player.customer(name="Gülşah")
    await player.writes(customer["id"], text="zirkonyum")
    await player.send(type="nope")
    found = (await player.control.get("/log", params={"q": "ZIRKONYUM"})).json()["items"]
    assert [one["about"] for one in found] == ["Gülşah"]
    failed = (await player.control.get("/log", params={"failed": 1})).json()["items"]
    assert [one["status"] for one in failed] == [400]
    await player.control.delete("/log")
    assert (await player.control.get("/log")).json()["items"] == []


@pytest.mark.parametrize("wish", [{"outage": {"for_s": 0}}, {"reorder": {"hold_s": -1}}, {"batch": {"size": 1}}])
async def test_numbers_beyond_their_bounds_are_refused(player: Player, wish: object) -> None:
    answer = await player.control.put("/faults", json={"faults": wish})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "fault_invalid")
