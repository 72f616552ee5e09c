"""Meta's rules on our Graph API: who may, what is refused at once, and what is refused later."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from invekto_sandbox import Settings, serving
from tests.sandbox.conftest import Player, Receiver
from tests.sandbox.test_independent_client import picture


def code(answer: Any) -> int:
    found: int = answer.json()["error"]["code"]
    return found


@pytest.mark.parametrize("prefix", ["", "/v24.0", "/v26.0/v24.0", "/v9"])
async def test_any_number_of_version_segments_may_lead(player: Player, prefix: str) -> None:
    answer = await player.graph.get(f"{prefix}/{player.phone_id}?fields=verified_name,quality_rating")
    assert answer.json() == {"id": player.phone_id, "verified_name": "Mavera Klinik", "quality_rating": "GREEN"}


async def test_tokens_hold_for_their_own_account_only(player: Player) -> None:
    own, other = player.keys["numbers"]
    foreign = {"Authorization": f"Bearer {other['access_token']}"}
    path = f"/v24.0/{own['phone_number_id']}"
    assert (await player.graph.get(path)).status_code == 200
    refused = await player.graph.get(path, headers=foreign)
    assert (refused.status_code, code(refused), refused.json()["error"]["error_subcode"]) == (400, 100, 33)
    missing = await player.graph.get(path, headers={"Authorization": ""})
    assert code(missing) == 104
    wrong = await player.graph.get(path, headers={"Authorization": "Bearer nope"})
    assert (wrong.status_code, code(wrong)) == (401, 190)
    unknown = await player.graph.get("/v24.0/123456789012345")
    assert (unknown.status_code, code(unknown)) == (400, 100)


async def test_a_form_body_is_as_good_as_json(player: Player) -> None:
    customer = await player.customer()
    await player.writes(customer["id"])
    answer = await player.graph.post(
        f"/v24.0/{player.phone_id}/messages",
        data={
            "messaging_product": "whatsapp",
            "to": "905551112233",
            "type": "text",
            "text": json.dumps({"body": "Formdan"}),
        },
    )
    assert answer.status_code == 200, answer.text
    sent = (await player.control.get("/whatsapp_cloud/sent")).json()["items"]
    assert sent[0]["content"] == {"body": "Formdan"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"messaging_product": None}, 100),
        ({"to": ""}, 100),
        ({"to": "12"}, 131009),
        ({"text": {"body": "x" * 4097}}, 100),
        ({"text": {"body": "  "}}, 100),
        ({"text": {}}, 131008),
        ({"text": None}, 131008),
        ({"type": "poem"}, 100),
        ({"type": "order"}, 131051),
        ({"type": "image", "image": {"id": "1", "link": "http://a/b"}}, 131008),
        ({"type": "image", "image": {"link": "ftp://a/b"}}, 131009),
        ({"type": "image", "image": {"id": "123456"}}, 100),
        ({"type": "image", "image": {"link": "http://a/b", "caption": "x" * 1025}}, 100),
        ({"type": "audio", "audio": {"link": "http://a/b", "caption": "x"}}, 100),
        ({"type": "location", "location": {"latitude": 41}}, 131008),
        ({"type": "location", "location": {"latitude": 141, "longitude": 1}}, 131009),
        ({"type": "reaction", "reaction": {"message_id": "wamid.none", "emoji": "x"}}, 131009),
        ({"type": "contacts", "contacts": []}, 131009),
        ({"type": "interactive", "interactive": {"type": "button", "body": {"text": "?"}, "action": {"buttons": []}}}, 131009),
        ({"biz_opaque_callback_data": "x" * 513}, 100),
        ({"recipient": "no-such", "to": None}, 131009),
    ],
)  # fmt: skip
async def test_what_meta_refuses_at_once(player: Player, change: dict[str, Any], expected: int) -> None:
    body = {"messaging_product": "whatsapp", "to": "905551112233", "type": "text", "text": {"body": "x"}} | change
    answer = await player.graph.post(
        f"/v24.0/{player.phone_id}/messages", json={key: value for key, value in body.items() if value is not None}
    )
    assert (answer.status_code, code(answer)) == (400, expected)
    assert answer.json()["error"]["type"] == "OAuthException"
    assert answer.json()["error"]["fbtrace_id"]


async def test_a_business_cannot_write_to_itself(player: Player) -> None:
    answer = await player.send(to=player.keys["numbers"][0]["display_phone_number"])
    assert code(answer) == 131021


async def test_a_test_number_writes_only_to_its_list(player: Player) -> None:
    await player.control.patch(f"/whatsapp_cloud/numbers/{player.phone_id}", json={"allowed": ["905550000001"]})
    assert code(await player.send(to="905551112233")) == 131030
    assert (await player.send(to="905550000001")).status_code == 200


@pytest.mark.parametrize(
    ("given", "wa_id"),
    [
        ("+90 555 111 22 33", "905551112233"),
        ("0555 111 22 33", "905551112233"),
        ("5551112233", "905551112233"),
        ("00905551112233", "905551112233"),
        ("+52 55 1234 5678", "5215512345678"),
        ("+54 11 2345 6789", "5491123456789"),
        ("+55 31 98765 4321", "553187654321"),
    ],
)
async def test_wa_id_is_normalised_and_may_differ_from_the_input(player: Player, given: str, wa_id: str) -> None:
    answer = (await player.send(to=given)).json()
    assert answer["contacts"] == [{"input": given, "wa_id": wa_id}]


async def test_free_text_outside_the_window_is_accepted_and_fails_later(player: Player, receiver: Receiver) -> None:
    answer = await player.send(biz_opaque_callback_data="late-1")
    assert answer.status_code == 200
    wamid = answer.json()["messages"][0]["id"]
    await receiver.until(lambda: receiver.steps(wamid) == ["failed"])
    status = receiver.values("statuses")[0]
    assert status["errors"][0]["code"] == 131047
    assert status["biz_opaque_callback_data"] == "late-1"
    assert "pricing" not in status


async def test_a_template_needs_no_window(player: Player, receiver: Receiver) -> None:
    body = {"type": "BODY", "text": "Randevunuz yarın."}
    wish = {"name": "randevu", "language": "tr", "category": "UTILITY", "components": [body]}
    await player.control.post("/whatsapp_cloud/templates", json={"templates": [wish]})
    answer = await player.send(
        type="template", text=None, template={"name": "randevu", "language": {"code": "tr"}, "components": []}
    )
    message = answer.json()["messages"][0]
    assert message["message_status"] == "accepted"
    await receiver.until(lambda: receiver.steps(message["id"]) == ["sent", "delivered", "read"])
    assert receiver.values("statuses")[0]["pricing"]["category"] == "utility"


async def test_a_customers_message_opens_the_window_for_24_hours_from_its_writing(
    player: Player, receiver: Receiver
) -> None:
    customer = await player.customer()
    await player.writes(customer["id"], text="dün yazdım", age_s=86_400 + 5)
    assert receiver.values("messages")[0]["timestamp"].isdigit()
    late = (await player.send()).json()["messages"][0]["id"]
    await player.writes(customer["id"], text="şimdi yazdım")
    in_time = (await player.send()).json()["messages"][0]["id"]
    await receiver.until(lambda: receiver.steps(late) == ["failed"] and "sent" in receiver.steps(in_time))


async def test_the_held_window_makes_new_messages_look_old(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    path = f"/whatsapp_cloud/customers/{customer['id']}/window"
    shown = (await player.control.put(path, json={"state": "hour", "hold": True})).json()
    assert shown["window"]["state"] == "hour"
    await player.writes(customer["id"])
    stamp = int(receiver.values("messages")[0]["timestamp"])
    left_s = stamp + 86_400 - player.sandbox.core.store.number("select cast(strftime('%s', 'now') as integer)")
    assert 3590 <= left_s <= 3600


async def test_a_customer_can_be_made_unreachable(player: Player, receiver: Receiver) -> None:
    customer = await player.customer(fails_with=131026)
    await player.writes(customer["id"])
    wamid = (await player.send()).json()["messages"][0]["id"]
    await receiver.until(lambda: receiver.steps(wamid) == ["failed"])
    assert receiver.values("statuses")[0]["errors"][0]["title"] == "Message undeliverable"


async def test_uploads_are_limited_by_type_and_size(player: Player) -> None:
    async def upload(name: str, content: bytes, mime: str) -> Any:
        return await player.graph.post(
            f"/v24.0/{player.phone_id}/media",
            files={"file": (name, content, mime)},
            data={"messaging_product": "whatsapp", "type": mime},
        )

    assert code(await upload("a.exe", b"MZ", "application/x-msdownload")) == 100
    assert code(await upload("a.jpg", b"\xff\xd8\xff" + b"0" * (5 * 1024 * 1024), "image/jpeg")) == 131053
    assert (await upload("a.jpg", picture(), "image/jpeg")).status_code == 200


async def test_a_file_that_is_not_what_it_says_fails_later(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    await player.writes(customer["id"])
    upload = await player.graph.post(
        f"/v24.0/{player.phone_id}/media",
        files={"file": ("a.jpg", picture("PNG"), "image/jpeg")},
        data={"messaging_product": "whatsapp"},
    )
    sent = await player.send(type="image", text=None, image={"id": upload.json()["id"]})
    wamid = sent.json()["messages"][0]["id"]
    await receiver.until(lambda: receiver.steps(wamid) == ["failed"])
    assert receiver.values("statuses")[-1]["errors"][0]["code"] == 131053


async def test_a_link_is_fetched_by_the_provider_and_a_dead_one_fails_later(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    await player.writes(customer["id"])
    sent = await player.send(type="image", text=None, image={"link": receiver.url + "/none"})
    assert sent.status_code == 200
    wamid = sent.json()["messages"][0]["id"]
    await receiver.until(lambda: receiver.steps(wamid) == ["failed"])
    error = receiver.values("statuses")[-1]["errors"][0]
    assert error["code"] == 131053
    assert "403" in error["error_data"]["details"]


async def test_media_addresses_need_the_token_and_end(player: Player, settings: Settings) -> None:
    upload = await player.graph.post(
        f"/v24.0/{player.phone_id}/media",
        files={"file": ("a.png", picture("PNG"), "image/png")},
        data={"messaging_product": "whatsapp"},
    )
    media_id = upload.json()["id"]
    node = (await player.graph.get(f"/v24.0/{media_id}", params={"phone_number_id": player.phone_id})).json()
    content = await player.graph.get(node["url"])
    assert hashlib.sha256(content.content).hexdigest() == node["sha256"]
    assert (await player.graph.get(node["url"], headers={"Authorization": ""})).status_code == 401
    other = player.keys["numbers"][1]["access_token"]
    assert (await player.graph.get(node["url"], headers={"Authorization": f"Bearer {other}"})).status_code == 404
    assert (await player.graph.get(node["url"].replace("ext=", "ext=9"))).status_code == 404
    player.sandbox.cloud.media.url_s = -1
    old = (await player.graph.get(f"/v24.0/{media_id}")).json()["url"]
    assert (await player.graph.get(old)).status_code == 404
    assert (await player.graph.delete(f"/v24.0/{media_id}")).json() == {"success": True}
    assert code(await player.graph.get(f"/v24.0/{media_id}")) == 100


async def test_a_customers_file_is_not_found_by_the_business_number(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    await player.control.post(
        f"/whatsapp_cloud/customers/{customer['id']}/media",
        files={"file": ("a.jpg", picture(), "image/jpeg")},
        data={"wait": "1"},
    )
    media_id = receiver.values("messages")[0]["image"]["id"]
    answer = await player.graph.get(f"/v24.0/{media_id}", params={"phone_number_id": player.phone_id})
    assert code(answer) == 100
    assert (await player.graph.get(f"/v24.0/{media_id}")).status_code == 200


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("bsuid", {"from": None, "wa_id": None}),
        ("bsuid_empty", {"from": "", "wa_id": ""}),
        ("bsuid_in_from", {"from": "user_id", "wa_id": "user_id"}),
    ],
)
async def test_a_sender_without_a_visible_number_and_an_answer_to_the_id(
    player: Player, receiver: Receiver, shape: str, expected: dict[str, str | None]
) -> None:
    customer = await player.customer(phone=None, username="aysegul.dogan", name="Ayşegül", shape=shape)
    await player.writes(customer["id"])
    value = receiver.posts[-1].value
    user_id = value["messages"][0]["from_user_id"]
    real = {key: user_id if place == "user_id" else place for key, place in expected.items()}
    assert value["messages"][0].get("from") == real["from"]
    assert value["contacts"][0].get("wa_id") == real["wa_id"]
    assert value["contacts"][0]["user_id"] == user_id
    assert value["contacts"][0]["profile"] == {"name": "Ayşegül", "username": "aysegul.dogan"}
    sent = await player.graph.post(
        f"/v24.0/{player.phone_id}/messages",
        json={"messaging_product": "whatsapp", "recipient": user_id, "type": "text", "text": {"body": "Merhaba"}},
    )
    assert sent.json()["contacts"] == [{"input": user_id, "user_id": user_id}]
    wamid = sent.json()["messages"][0]["id"]
    await receiver.until(lambda: receiver.steps(wamid) == ["sent", "delivered", "read"])
    assert receiver.values("statuses")[0]["recipient_user_id"] == user_id


async def test_one_person_has_another_id_for_another_business(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    for number in player.keys["numbers"]:
        await player.writes(customer["id"], text="x", number=number["phone_number_id"])
    first, second = receiver.values("messages")
    assert first["from"] == second["from"]
    assert first["from_user_id"] != second["from_user_id"]


async def test_an_account_may_have_its_own_webhook_address(player: Player, receiver: Receiver) -> None:
    waba = player.keys["waba_id"]
    path = f"/v24.0/{waba}/subscribed_apps"
    dead = await player.graph.post(path, json={"override_callback_uri": receiver.url, "verify_token": "wrong"})
    assert code(dead) == 2200
    own = receiver.url + "?waba=1"
    good = await player.graph.post(path, json={"override_callback_uri": own, "verify_token": receiver.verify_token})
    assert good.json() == {"success": True}
    listed = (await player.graph.get(path)).json()["data"]
    assert listed[0]["override_callback_uri"] == own
    assert listed[0]["whatsapp_business_api_data"]["id"] == player.keys["app_id"]
    customer = await player.customer()
    await player.writes(customer["id"])
    assert player.sandbox.core.log.newest(1)[0].label == "messages.text"
    assert player.sandbox.cloud.subscriptions.url_for(player.sandbox.cloud.accounts.first) == own
    await player.graph.delete(path)
    answer = await player.writes(customer["id"])
    assert answer["answers"] == [], "an account without a subscribed app gets no webhooks"


async def test_the_token_probe_tells_a_good_token_from_a_bad_one(player: Player) -> None:
    token = player.keys["access_token"]
    good = (await player.graph.get("/v24.0/debug_token", params={"input_token": token})).json()["data"]
    assert good["is_valid"]
    assert good["granular_scopes"][0]["target_ids"] == [player.keys["waba_id"]]
    bad = (await player.graph.get("/v24.0/debug_token", params={"input_token": "x"})).json()["data"]
    assert not bad["is_valid"]


async def test_a_recipient_never_heard_of_counts_as_inside_the_window_only_when_asked_for(
    settings: Settings, receiver: Receiver
) -> None:
    async with serving(replace(settings, strangers="open")) as sandbox:
        keys = sandbox.info()["whatsapp_cloud"]
        receiver.verify_token = keys["verify_token"]
        async with asyncio.timeout(10):
            accepted = sandbox.cloud.sending.post(
                sandbox.cloud.accounts.first,
                {"messaging_product": "whatsapp", "to": "905559998877", "text": {"body": "x"}},
            )
            await receiver.until(lambda: "read" in receiver.steps(accepted.wamid))
