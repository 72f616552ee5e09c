"""What people press, choose, fill in, order and forward takes the shapes of our wire."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels.webhooks import message, one_message


@pytest.mark.parametrize(
    ("part", "text", "payload"),
    [
        (
            message("interactive", interactive={"type": "button_reply", "button_reply": {"id": "1", "title": "Evet"}}),
            "Evet",
            {"kind": "button_reply", "title": "Evet", "id": "1"},
        ),
        (
            message(
                "interactive",
                interactive={"type": "list_reply", "list_reply": {"id": "2", "title": "Salı", "description": "14:00"}},
            ),
            "Salı",
            {"kind": "list_reply", "title": "Salı", "id": "2", "description": "14:00"},
        ),
        (
            message("button", button={"payload": "p", "text": "Onayla"}),
            "Onayla",
            {"kind": "template_button", "title": "Onayla", "id": "p"},
        ),
        (
            message(
                "interactive",
                interactive={
                    "type": "nfm_reply",
                    "nfm_reply": {
                        "name": "flow",
                        "body": "Gönderildi",
                        "response_json": '{"flow_token": "t", "ad": "Ayşe", "gün": ["pzt", "sal"], "kişi": 2}',
                    },
                },
            ),
            "Gönderildi",
            {
                "kind": "flow_reply",
                "title": "flow",
                "fields": [
                    {"name": "ad", "value": "Ayşe"},
                    {"name": "gün", "value": "pzt, sal"},
                    {"name": "kişi", "value": "2"},
                ],
            },
        ),
        (
            message("interactive", interactive={"type": "nfm_reply", "nfm_reply": {"response_json": "{bozuk"}}),
            None,
            {"kind": "flow_reply", "response": "{bozuk", "fields": []},
        ),
        (
            message(
                "interactive",
                interactive={
                    "type": "nfm_reply",
                    "nfm_reply": {"name": "address_message", "response_json": '{"values": {"city": "İzmir"}}'},
                },
            ),
            None,
            {"kind": "address_reply", "title": "address_message", "fields": [{"name": "city", "value": "İzmir"}]},
        ),
        (
            message(
                "interactive",
                interactive={"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}},
            ),
            None,
            {"kind": "call_permission_reply", "response": "accept"},
        ),
        (
            message(
                "order",
                order={
                    "catalog_id": "7",
                    "text": "Hediye paketi",
                    "product_items": [
                        {"product_retailer_id": "k-1", "quantity": 2, "item_price": 149.5, "currency": "TRY"}
                    ],
                },
            ),
            "Hediye paketi",
            {
                "catalog_id": "7",
                "items": [{"product_id": "k-1", "quantity": 2, "price": 149.5, "currency": "TRY"}],
            },
        ),
        (message("request_welcome"), None, {"action": "chat_opened"}),
        (
            message("system", system={"type": "customer_identity_changed", "body": "x"}),
            None,
            {"action": "identity_changed"},
        ),
    ],
)
def test_what_was_pressed_filled_in_or_ordered_takes_the_shapes_of_our_wire(
    part: dict[str, Any], text: str | None, payload: dict[str, Any]
) -> None:
    found = one_message(part)
    assert (found.text, found.payload) == (text, payload)


def test_where_a_message_comes_from_is_its_context() -> None:
    assert one_message(message(context={"forwarded": True})).context == {"forwarded": True}
    assert one_message(message(context={"frequently_forwarded": True})).context == {"often_forwarded": True}
    product = {"catalog_id": "7", "product_retailer_id": "k-1"}
    assert one_message(message(context={"referred_product": product})).context == {
        "product": {"catalog_id": "7", "product_id": "k-1"}
    }
    referral = {"source_type": "ad", "ctwa_clid": "x" * 300, "headline": "%20", "welcome_message": {"text": "Selam"}}
    assert one_message(message(referral=referral)).context == {
        "referral": {"source_type": "ad", "ctwa_clid": "x" * 300, "headline": "%20", "welcome_text": "Selam"}
    }
    assert one_message(message(context={"id": "wamid.x"}, referral="odd")).context is None
