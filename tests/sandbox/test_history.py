"""Threads from before: there to be looked at and to go on with, and silent."""

from __future__ import annotations

import base64
import time

from tests.sandbox.conftest import Player, Receiver

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()


def history(now: float) -> dict[str, object]:
    return {
        "files": {"film": {"base64": PNG, "mime": "image/png", "filename": None}},
        "threads": [
            {
                "customer": {"phone": "+905550100001", "name": "Elif Kaya"},
                "messages": [
                    {
                        "id": "wamid.h1",
                        "from": "customer",
                        "type": "text",
                        "content": {"body": "Film"},
                        "at": now - 7200,
                    },
                    {"id": "wamid.h2", "from": "customer", "type": "image", "at": now - 7100, "file": "film"},
                    {
                        "id": "wamid.h3",
                        "from": "business",
                        "type": "text",
                        "content": {"body": "Aldım"},
                        "at": now - 7000,
                        "status": "read",
                        "reply_to": "wamid.h2",
                    },
                ],
            }
        ],
    }


async def test_a_thread_from_before_is_shown_once_with_its_open_window_and_sends_no_webhook(
    player: Player, receiver: Receiver
) -> None:
    now = time.time()
    for added in (3, 0):
        answer = await player.control.post("/whatsapp_cloud/history", json=history(now))
        assert answer.json() == {"added": added}
    listed = (await player.control.get("/whatsapp_cloud/customers")).json()["items"]
    assert [(row["name"], row["preview"], row["preview_direction"]) for row in listed] == [
        ("Elif Kaya", "Aldım", "business")
    ]
    assert listed[0]["window"]["state"] == "open"
    assert abs(listed[0]["window"]["closes_at"] - (now - 7100 + 86_400)) < 1
    thread = (await player.control.get(f"/whatsapp_cloud/customers/{listed[0]['id']}/messages")).json()["items"]
    assert [one["type"] for one in thread] == ["text", "image", "text"]
    assert thread[1]["media"]["mime"] == "image/png"
    assert thread[2]["context"] == "wamid.h2"
    await player.idle()
    assert receiver.posts == []


async def test_a_thread_from_before_goes_on_from_both_sides(player: Player, receiver: Receiver) -> None:
    await player.control.post("/whatsapp_cloud/history", json=history(time.time()))
    customer = (await player.control.get("/whatsapp_cloud/customers")).json()["items"][0]
    assert (await player.send(to="905550100001")).status_code == 200
    await player.writes(customer["id"], text="Teşekkürler", reply_to="wamid.h3")
    assert [one["context"]["id"] for one in receiver.values("messages")] == ["wamid.h3"]
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.h1"}
    assert (await player.graph.post(f"/v24.0/{player.phone_id}/messages", json=read)).status_code == 200


async def test_somebody_known_only_by_an_id_stays_one_person_and_keeps_the_id(
    player: Player, receiver: Receiver
) -> None:
    person = {"customer": {"user_id": "TR.888", "username": "gizli", "name": "Gizli", "shape": "bsuid"}}
    for turn in range(2):
        message = {"id": f"wamid.{turn}", "from": "customer", "type": "text", "content": {"body": "x"}, "at": 1.0}
        body = {"threads": [person | {"messages": [message]}]}
        assert (await player.control.post("/whatsapp_cloud/history", json=body)).status_code == 201
    rows = (await player.control.get("/whatsapp_cloud/customers")).json()["items"]
    assert [row["user_id"] for row in rows] == ["TR.888"]
    await player.writes(rows[0]["id"])
    assert receiver.values("messages")[0]["from_user_id"] == "TR.888"


async def test_a_history_that_makes_no_sense_is_refused_whole(player: Player) -> None:
    good = {"id": "wamid.1", "from": "customer", "type": "text", "content": {"body": "x"}, "at": 1.0}
    body = {"threads": [{"customer": {"phone": "+905550000009"}, "messages": [good, {"id": "wamid.2"}]}]}
    answer = await player.control.post("/whatsapp_cloud/history", json=body)
    assert answer.status_code == 422
    assert (await player.control.get("/whatsapp_cloud/customers")).json()["total"] == 0
