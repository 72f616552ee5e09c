"""Webhooks arrive, again if they must; each fault does what its name says."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
from pywa import utils as wa_utils

from tests.sandbox.conftest import Player, Receiver


async def test_an_unanswered_webhook_comes_again_until_it_is_answered_200(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    receiver.statuses = [503, 500, 200]
    written = await player.writes(customer["id"])
    assert written["answers"][0]["status"] == 503
    await receiver.until(lambda: len(receiver.posts) == 3)
    assert len({post.body for post in receiver.posts}) == 1
    await player.idle()
    thread = (await player.control.get(f"/whatsapp_cloud/customers/{customer['id']}/messages")).json()["items"]
    assert thread[0]["status"] == "delivered"
    attempts = [entry["attempt"] for entry in player.ledger("webhook")]
    assert attempts == [1, 2, 3]


async def test_a_webhook_is_given_up_when_the_schedule_is_over(player: Player, receiver: Receiver) -> None:
    receiver.status = 500
    customer = await player.customer()
    await player.writes(customer["id"])
    await player.idle()
    assert len(receiver.posts) == 4, "the first attempt and three more"
    assert player.sandbox.core.log.newest(1)[0].note == "attempt 4 · given up"


async def test_a_receiver_that_does_not_answer_is_left_after_the_timeout(player: Player, receiver: Receiver) -> None:
    await player.control.put("/settings", json={"webhook_timeout_s": 0.1})
    receiver.statuses = [0]
    receiver.status = None
    customer = await player.customer()
    receiver.statuses = []
    written = await player.writes(customer["id"])
    assert written["answers"][0] == {
        "status": None,
        "ms": pytest.approx(100, abs=90),
        "error": "no answer within 0.1 s",
    }


async def test_waiting_webhooks_go_at_once_when_asked(player: Player, receiver: Receiver) -> None:
    await player.control.put("/settings", json={"retry_s": [3600]})
    receiver.status = 503
    customer = await player.customer()
    await player.writes(customer["id"])
    receiver.status = 200
    assert (await player.control.get("/queue")).json()["pending"] == 1
    assert (await player.control.post("/queue/flush")).json() == {"flushed": 1}
    await player.idle()
    assert [entry["status"] for entry in player.ledger("webhook")] == [503, 200]


async def test_one_customers_webhooks_keep_their_order_and_share_a_connection(
    player: Player, receiver: Receiver
) -> None:
    customer = await player.customer()
    path = f"/whatsapp_cloud/customers/{customer['id']}/messages"
    for index in range(30):
        await player.control.post(path, json={"text": str(index)})
    await player.idle()
    assert [one["text"]["body"] for one in receiver.values("messages")] == [str(index) for index in range(30)]
    assert receiver.connections <= 2


async def test_slow_holds_every_call(player: Player) -> None:
    await player.fault(slow={"ms": 300})
    began = time.perf_counter()
    await player.graph.get(f"/v24.0/{player.phone_id}")
    assert time.perf_counter() - began >= 0.3


async def test_429_hits_every_nth_send_and_names_the_wait(player: Player, receiver: Receiver) -> None:
    await player.fault(throttle={"every": 3, "code": 80007, "retry_after_s": 7})
    answers = [await player.send() for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 200, 200, 429]
    assert answers[2].json()["error"]["code"] == 80007
    assert answers[2].headers["retry-after"] == "7"
    await player.idle()
    assert [entry["accepted"] for entry in player.ledger("send")] == [True, True, False, True, True, False]


async def test_duplicate_sends_each_webhook_n_times_at_once(player: Player, receiver: Receiver) -> None:
    await player.fault(duplicate={"times": 3})
    receiver.pause_s = 0.05
    customer = await player.customer()
    await player.writes(customer["id"])
    await player.idle()
    assert len(receiver.posts) == 3
    assert len({post.body for post in receiver.posts}) == 1
    assert receiver.most_at_once == 3


async def test_a_withheld_answer_leaves_the_message_accepted_and_its_statuses_follow(
    player: Player, receiver: Receiver
) -> None:
    customer = await player.customer()
    await player.writes(customer["id"])
    await player.fault(withhold={"hold_s": 60})
    with pytest.raises(httpx.ReadTimeout):
        await player.graph.post(
            f"/v24.0/{player.phone_id}/messages",
            json={
                "messaging_product": "whatsapp",
                "to": "905551112233",
                "type": "text",
                "text": {"body": "Belirsiz"},
                "biz_opaque_callback_data": "mine",
            },
            timeout=0.3,
        )
    await receiver.until(
        lambda: [one["status"] for one in receiver.values("statuses")] == ["sent", "delivered", "read"]
    )
    assert {one["biz_opaque_callback_data"] for one in receiver.values("statuses")} == {"mine"}
    entry = player.ledger("send")[0]
    assert entry["withheld"]
    assert entry["callback_data"] == "mine"


async def test_a_forged_webhook_is_signed_with_a_wrong_secret_and_not_repeated(
    player: Player, receiver: Receiver
) -> None:
    await player.fault(forge=True)
    receiver.status = 403
    customer = await player.customer()
    written = await player.writes(customer["id"])
    assert written["answers"][0]["status"] == 403
    await player.idle()
    assert len(receiver.posts) == 1
    post = receiver.posts[0]
    assert not wa_utils.webhook_updates_validator(player.keys["app_secret"], post.body, post.signature)
    assert len(post.signature) == 71
    thread = (await player.control.get(f"/whatsapp_cloud/customers/{customer['id']}/messages")).json()["items"]
    assert thread[0]["status"] == "sent", "nobody got it"


async def test_a_chosen_error_answers_every_send(player: Player) -> None:
    await player.fault(refuse={"code": 131016})
    answer = await player.send()
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, 131016)
    assert answer.json()["error"]["is_transient"]


async def test_a_fault_of_one_number_leaves_the_other_alone(player: Player) -> None:
    first, second = player.keys["numbers"]
    await player.fault(number=first["phone_number_id"], refuse={"code": 131000})
    assert (await player.send()).status_code == 500
    other = await player.graph.post(
        f"/v24.0/{second['phone_number_id']}/messages",
        json={"messaging_product": "whatsapp", "to": "905551112233", "text": {"body": "x"}},
        headers={"Authorization": f"Bearer {second['access_token']}"},
    )
    assert other.status_code == 200
    assert (await player.control.delete("/faults")).json() == {"global": {}, "numbers": {}}
    assert (await player.send()).status_code == 200


@pytest.mark.parametrize("wish", [{"nope": True}, {"slow": {"ms": -1}}, {"duplicate": {"often": 2}}, {"slow": 5}])
async def test_a_fault_that_makes_no_sense_is_refused_and_changes_nothing(player: Player, wish: object) -> None:
    answer = await player.control.put("/faults", json={"faults": wish})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "fault_invalid")
    assert (await player.control.get("/faults")).json() == {"global": {}, "numbers": {}}


async def test_a_crowd_writes_all_at_once_and_reports_its_latency(player: Player, receiver: Receiver) -> None:
    receiver.pause_s = 0.02
    answer = await player.control.post(
        "/whatsapp_cloud/crowd", json={"customers": 40, "messages": 4, "concurrency": 40, "wait": True}
    )
    report = answer.json()
    assert (report["delivered"], report["failed"]) == (160, 0)
    assert report["p50_ms"] >= 20
    assert receiver.most_at_once >= 30
    messages = receiver.values("messages")
    assert len({one["id"] for one in messages}) == 160
    assert len({one["from"] for one in messages}) == 40


async def test_a_crowd_can_pack_messages_and_spread_over_numbers(player: Player, receiver: Receiver) -> None:
    numbers = [one["phone_number_id"] for one in player.keys["numbers"]]
    body = {"customers": 4, "messages": 6, "batch": 3, "numbers": numbers, "wait": True}
    report = (await player.control.post("/whatsapp_cloud/crowd", json=body)).json()
    assert (report["webhooks"], report["messages"]) == (8, 24)
    assert {len(post.value["messages"]) for post in receiver.posts} == {3}
    assert {post.value["metadata"]["phone_number_id"] for post in receiver.posts} == set(numbers)


async def test_a_crowd_keeps_the_asked_rate(player: Player, receiver: Receiver) -> None:
    body = {"customers": 20, "rate": 100, "wait": True}
    report = (await player.control.post("/whatsapp_cloud/crowd", json=body)).json()
    assert 0.19 <= report["took_s"] < 1.5


async def test_any_body_can_be_sent_signed_forged_or_unsigned(player: Player, receiver: Receiver) -> None:
    for signature, expected in (("valid", 71), ("forged", 71), ("none", 0)):
        answer = await player.control.post(
            "/whatsapp_cloud/webhooks", json={"body": {"object": "x"}, "signature": signature, "copies": 2}
        )
        assert [one["status"] for one in answer.json()["answers"]] == [200, 200]
        assert len(receiver.posts[-1].signature) == expected
    validity = [
        wa_utils.webhook_updates_validator(player.keys["app_secret"], post.body, post.signature)
        for post in receiver.posts
        if post.signature
    ]
    assert validity == [True, True, False, False]


async def test_a_raw_message_passes_through_as_it_is(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    raw = {"type": "hologram", "hologram": {"depth": 3}, "timestamp": "1", "extra": [None]}
    await player.writes(customer["id"], message=raw)
    message = receiver.values("messages")[0]
    assert {key: message[key] for key in raw} == raw
    assert message["from"] == "905551112233"


async def test_statuses_can_be_sent_by_hand_in_any_order(player: Player, receiver: Receiver) -> None:
    await player.control.put("/settings", json={"whatsapp_cloud": {"delays": {"sent_s": 60}}})
    customer = await player.customer()
    await player.writes(customer["id"])
    wamid = (await player.send()).json()["messages"][0]["id"]
    for status in ("read", "sent", "delivered"):
        await player.control.post(f"/whatsapp_cloud/messages/{wamid}/status", json={"status": status, "wait": True})
    assert receiver.steps(wamid) == ["read", "sent", "delivered"]
    thread = (await player.control.get(f"/whatsapp_cloud/customers/{customer['id']}/messages")).json()["items"]
    assert thread[-1]["status"] == "read"


async def test_copies_of_one_message_go_out_together_under_one_id(player: Player, receiver: Receiver) -> None:
    receiver.pause_s = 0.05
    customer = await player.customer()
    answer = await player.writes(customer["id"], text="aynı", copies=5)
    assert len(answer["answers"]) == 5
    assert {one["id"] for one in receiver.values("messages")} == {answer["id"]}
    assert receiver.most_at_once == 5


async def test_the_log_shows_both_directions_with_their_bodies(player: Player) -> None:
    customer = await player.customer()
    await player.writes(customer["id"])
    await player.send()
    await player.idle()
    items = (await player.control.get("/log", params={"bodies": 1})).json()["items"]
    labels = {item["label"]: item for item in items}
    assert {"handshake", "messages.text", "POST /messages text", "statuses.sent"} <= labels.keys()
    assert '"messages":[{' in labels["messages.text"]["request"]
    assert '"wamid.' in labels["POST /messages text"]["answer"]
    one = (await player.control.get(f"/log/{items[0]['id']}")).json()
    assert one == items[0]


async def test_the_control_api_is_for_this_machine_and_its_own_page(player: Player) -> None:
    foreign = await player.control.get("/state", headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    rebound = await player.control.get("/state", headers={"Host": "evil.example"})
    assert rebound.status_code == 403
    own = await player.control.get("/state", headers={"Origin": player.sandbox.base_url})
    assert own.status_code == 200


@pytest.mark.parametrize("typed", ["irem", "İREM", "ozkan", "Özk", "0104425", "+9055501"])
async def test_people_are_found_however_their_name_is_typed(player: Player, typed: str) -> None:
    await player.customer(phone="+905550104425", name="İrem Özkan")
    await player.customer(phone="+4915550100044", name="Emma 100%")
    found = (await player.control.get("/whatsapp_cloud/customers", params={"q": typed})).json()
    assert [row["name"] for row in found["items"]] == ["İrem Özkan"]
    assert (await player.control.get("/whatsapp_cloud/customers", params={"q": "%"})).json()["total"] == 1


async def test_a_reset_forgets_people_and_keeps_the_keys(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    await player.writes(customer["id"])
    await player.fault(slow=True)
    before = player.keys
    await player.control.post("/reset")
    assert (await player.control.get("/whatsapp_cloud/customers")).json() == {"items": [], "total": 0}
    assert (await player.control.get("/faults")).json()["global"] == {}
    assert player.keys == before


async def test_the_sent_list_waits_for_what_is_to_come(player: Player) -> None:
    waiting = asyncio.create_task(player.control.get("/whatsapp_cloud/sent", params={"count": 1, "timeout": 5}))
    await asyncio.sleep(0.05)
    await player.send(biz_opaque_callback_data="x-1")
    items = (await waiting).json()["items"]
    assert items[0]["request"]["biz_opaque_callback_data"] == "x-1"
    assert items[0]["number"] == player.phone_id
