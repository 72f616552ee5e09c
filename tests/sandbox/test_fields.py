"""The sandbox sends every kind that a customer, the firm's own phone and Meta itself can; an independent client reads them."""

from __future__ import annotations

from typing import Any

import pytest
from pywa.types.callback import CallbackButton, CallbackSelection
from pywa.types.message import Message
from pywa.types.system import PhoneNumberChange
from pywa.types.user_preferences import UserMarketingPreferences

from tests.channels.webhooks import parse
from tests.sandbox.conftest import Player, Receiver


async def control(player: Player, path: str, **body: Any) -> dict[str, Any]:
    answer = await player.control.post(f"/whatsapp_cloud{path}", json=body | {"wait": True})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_what_the_firm_writes_on_its_phone_comes_as_an_echo(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    made = await control(player, f"/customers/{customer['id']}/echoes", text="Yoldayım")
    post = receiver.posts[-1]
    assert post.update["entry"][0]["changes"][0]["field"] == "smb_message_echoes"
    (event,) = parse(post.body)
    assert (type(event).__name__, getattr(event, "from_phone", None), getattr(event, "provider_id", None)) == (
        "InboundMessage",
        True,
        made["id"],
    )
    thread = (await player.control.get(f"/whatsapp_cloud/customers/{customer['id']}/messages")).json()["items"]
    assert (thread[-1]["direction"], thread[-1]["content"]["body"]) == ("business", "Yoldayım")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("interactive", {"type": "button_reply", "button_reply": {"id": "1", "title": "Evet"}}),
        ("button", {"text": "Onayla", "payload": "p"}),
        (
            "order",
            {
                "catalog_id": "7",
                "product_items": [{"product_retailer_id": "k", "quantity": 1, "item_price": 5, "currency": "TRY"}],
            },
        ),
        ("location", {"latitude": 41.0, "longitude": 29.0}),
        ("edit", {"original_message_id": "wamid.x", "message": {"type": "text", "text": {"body": "y"}}}),
        ("revoke", {"original_message_id": "wamid.x"}),
        ("reaction", {"message_id": "wamid.x", "emoji": ""}),
        ("system", {"type": "user_changed_number", "wa_id": "905559998877", "body": "x"}),
    ],
)
async def test_a_customer_can_write_every_kind_and_each_is_understood(
    player: Player, receiver: Receiver, kind: str, content: dict[str, Any]
) -> None:
    customer = await player.customer()
    await player.writes(customer["id"], message={"type": kind, kind: content})
    (event,) = parse(receiver.posts[-1].body)
    assert type(event).__name__ not in ("UnhandledEvent", "ProviderNotice")
    assert getattr(event, "type", "") != "unsupported"
    update, wa = receiver.posts[-1].raw_update, player.pywa()
    if kind == "interactive":
        assert CallbackButton.from_update(client=wa, update=update).title == "Evet"
    elif kind == "button":
        assert CallbackButton.from_update(client=wa, update=update).data == "p"
    elif kind == "system":
        assert PhoneNumberChange.from_update(client=wa, update=update).new_wa_id == "905559998877"
    elif kind in ("order", "location"):
        assert getattr(Message.from_update(client=wa, update=update), kind) is not None


async def test_a_list_choice_is_a_selection(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    chosen = {"type": "list_reply", "list_reply": {"id": "2", "title": "Salı", "description": "14:00"}}
    asked = await player.writes(customer["id"])
    await player.writes(customer["id"], message={"type": "interactive", "interactive": chosen}, reply_to=asked["id"])
    found = CallbackSelection.from_update(client=player.pywa(), update=receiver.posts[-1].raw_update)
    assert (found.data, found.title) == ("2", "Salı")


async def test_webhooks_of_any_field_go_out_for_a_number_and_for_its_account(
    player: Player, receiver: Receiver
) -> None:
    wish = {
        "wa_id": "905551112233",
        "category": "marketing_messages",
        "value": "stop",
        "detail": "d",
        "timestamp": "1795510500",
    }
    contacts = [{"profile": {"name": "Ada"}, "wa_id": "905551112233", "user_id": "TR.1"}]
    value = {"contacts": contacts, "user_preferences": [wish]}
    await control(player, "/fields", field="user_preferences", value=value)
    read = UserMarketingPreferences.from_update(client=player.pywa(), update=receiver.posts[-1].raw_update)
    assert read.value == "stop"
    quality = {"display_phone_number": "905559000001", "event": "FLAGGED", "current_limit": "TIER_1K"}
    await control(player, "/fields", field="phone_number_quality_update", value=quality, of="account")
    entry = receiver.posts[-1].update["entry"][0]
    assert entry["changes"] == [{"field": "phone_number_quality_update", "value": quality}]
    assert entry["time"] > 0
    (event,) = parse(receiver.posts[-1].body)
    assert type(event).__name__ == "ChannelUpdated"
