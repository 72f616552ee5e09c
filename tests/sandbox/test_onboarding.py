"""The sandbox plays the way a business comes to an app: dialog, code, token, registration; and how a token ends."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.sandbox.conftest import Player

BACK = "https://desk.example/channels/connected"


async def confirm(player: Player, **wish: Any) -> tuple[dict[str, Any], str]:
    body = {"mode": "new_number", "redirect_uri": BACK, "state": "s1", **wish}
    answer = await player.graph.post("/signup/confirm", json=body)
    assert answer.status_code == 200, answer.text
    done = answer.json()
    query = parse_qs(urlsplit(done["next"]).query)
    assert query["state"] == ["s1"]
    return done, query["code"][0]


async def exchange(player: Player, code: str, redirect_uri: str = BACK, secret: str | None = None) -> httpx.Response:
    query = {
        "client_id": player.keys["app_id"],
        "client_secret": secret or player.keys["app_secret"],
        "code": code,
        "redirect_uri": redirect_uri,
    }
    return await player.graph.get("/v26.0/oauth/access_token", params=query)


async def test_a_code_becomes_a_token_once_and_only_for_the_address_it_went_to(player: Player) -> None:
    done, code = await confirm(player, name="Yeni Klinik")
    assert done["event"] == "FINISH"
    refused = await exchange(player, code, "https://elsewhere.example/")
    assert (refused.status_code, refused.json()["error"]["error_subcode"]) == (400, 36008)
    assert (await exchange(player, code, secret="wrong")).status_code == 400
    token = (await exchange(player, code)).json()["access_token"]
    again = await exchange(player, code)
    assert again.json()["error"]["error_subcode"] == 36009
    asked = await player.graph.get(
        f"/{done['data']['waba_id']}/phone_numbers", headers={"Authorization": f"Bearer {token}"}
    )
    assert [one["id"] for one in asked.json()["data"]] == [done["data"]["phone_number_id"]]


async def test_a_new_number_sends_only_after_it_is_registered_with_its_pin(player: Player) -> None:
    done, code = await confirm(player)
    headers = {"Authorization": f"Bearer {(await exchange(player, code)).json()['access_token']}"}
    number = done["data"]["phone_number_id"]
    message = {"messaging_product": "whatsapp", "to": "905551112233", "type": "text", "text": {"body": "Selam"}}
    early = await player.graph.post(f"/{number}/messages", json=message, headers=headers)
    assert early.json()["error"]["code"] == 133010
    for pin, code_ in (("12", 100), ("123456", None), ("654321", 133005)):
        answer = await player.graph.post(f"/{number}/register", json={"pin": pin}, headers=headers)
        assert answer.json().get("error", {}).get("code") == code_, answer.text
    assert (await player.graph.post(f"/{number}/messages", json=message, headers=headers)).status_code == 200
    await player.graph.post(f"/{number}/deregister", headers=headers)
    assert (await player.graph.get(f"/{number}?fields=status", headers=headers)).json()["status"] == "DISCONNECTED"


async def test_the_phone_is_synchronized_only_where_the_number_stays_on_it(player: Player) -> None:
    refused = await player.graph.post(f"/{player.phone_id}/smb_app_data", json={"sync_type": "history"})
    assert refused.json()["error"]["code"] == 2593107
    done, _ = await confirm(player, number=player.phone_id, mode="coexistence")
    assert done["event"] == "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"
    answer = await player.graph.post(f"/{player.phone_id}/smb_app_data", json={"sync_type": "history"})
    assert answer.json()["request_id"]
    membership = (await player.control.get(f"/whatsapp_cloud/numbers/{player.phone_id}/membership")).json()
    assert [one["sync_type"] for one in membership["syncs"]] == ["history"]
    assert (await player.send()).status_code == 200, "it is registered as it was"


@pytest.mark.parametrize(("change", "subcode"), [({"state": "revoked"}, 460), ({"expires_in_s": -1}, 463)])
async def test_a_token_that_has_ended_opens_nothing(player: Player, change: dict[str, Any], subcode: int) -> None:
    await player.control.put("/whatsapp_cloud/tokens", json=change)
    answer = await player.send()
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)
    assert answer.json()["error"]["error_subcode"] == subcode
    app = {"Authorization": f"Bearer {player.keys['app_id']}|{player.keys['app_secret']}"}
    asked = await player.graph.get("/debug_token", params={"input_token": player.keys["access_token"]}, headers=app)
    assert asked.json()["data"]["is_valid"] is False
    await player.control.put("/whatsapp_cloud/tokens", json={"state": "good"})
    assert (await player.send()).status_code == 200


async def test_a_code_by_text_message_is_checked(player: Player) -> None:
    await player.graph.post(f"/{player.phone_id}/request_code", json={"code_method": "SMS", "language": "tr"})
    sent = (await player.control.get(f"/whatsapp_cloud/numbers/{player.phone_id}/membership")).json()["sms_code"]
    wrong = await player.graph.post(f"/{player.phone_id}/verify_code", json={"code": "nein"})
    assert wrong.json()["error"]["code"] == 136025
    assert (await player.graph.post(f"/{player.phone_id}/verify_code", json={"code": sent})).status_code == 200


async def test_the_dialog_opens_for_our_app_and_an_address_that_is_one(player: Player) -> None:
    query = {"client_id": player.keys["app_id"], "config_id": "c", "redirect_uri": BACK}
    assert (await player.graph.get("/signup", params=query)).status_code == 200
    for wrong in ({"client_id": "1"}, {"config_id": ""}, {"redirect_uri": "javascript:alert(1)"}):
        assert (await player.graph.get("/signup", params=query | wrong)).status_code == 400
