"""One webhook for each kind of event, by adapter: what the contract is tried on. None where a provider has no such thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from invekto.channels.adapter import (
    AddressChanged,
    CallEvent,
    ChannelUpdated,
    ContactSynced,
    DeliveryReport,
    HistoryMessage,
    InboundMessage,
    MessageEdited,
    MessageRevoked,
    PreferenceChanged,
    ProviderNotice,
    ReactionRemoved,
    TemplateUpdated,
    UnhandledEvent,
)
from tests.channels.webhooks import WA_ID, body, change, contact, message, status

Samples: TypeAlias = Mapping[type[Any], bytes | None]


def _said(kind: str, **parts: Any) -> bytes:
    return body(change(contacts=[contact()], messages=[message(kind, **parts)]))


_PAST = {"from": WA_ID, "id": "wamid.past", "timestamp": "1795510500", "type": "text", "text": {"body": "eski"}}
_TEMPLATE = {
    "event": "REJECTED",
    "message_template_id": 7,
    "message_template_name": "hatirlatma",
    "message_template_language": "tr",
    "reason": "INVALID_FORMAT",
}
_META: Samples = {
    InboundMessage: _said("text"),
    DeliveryReport: body(change(statuses=[status("delivered", biz_opaque_callback_data="x")])),
    MessageEdited: _said(
        "edit", edit={"original_message_id": "wamid.a", "message": {"type": "text", "text": {"body": "yeni"}}}
    ),
    MessageRevoked: _said("revoke", revoke={"original_message_id": "wamid.a"}),
    ReactionRemoved: _said("reaction", reaction={"message_id": "wamid.a", "emoji": ""}),
    AddressChanged: _said("system", system={"type": "user_changed_number", "wa_id": "905559998877", "body": "x"}),
    PreferenceChanged: body(
        change(
            field="user_preferences",
            contacts=[contact()],
            user_preferences=[{"wa_id": WA_ID, "value": "stop", "timestamp": "1795510500"}],
        )
    ),
    TemplateUpdated: body({"field": "message_template_status_update", "value": _TEMPLATE}),
    ChannelUpdated: body(
        {
            "field": "phone_number_quality_update",
            "value": {"display_phone_number": "905559000001", "event": "FLAGGED", "current_limit": "TIER_1K"},
        }
    ),
    ContactSynced: body(
        change(
            field="smb_app_state_sync",
            state_sync=[
                {
                    "type": "contact",
                    "action": "add",
                    "contact": {"full_name": "Ayşe", "phone_number": WA_ID},
                    "metadata": {"timestamp": "1795510500"},
                }
            ],
        )
    ),
    HistoryMessage: body(change(field="history", history=[{"threads": [{"id": WA_ID, "messages": [_PAST]}]}])),
    CallEvent: body(
        change(field="calls", calls=[{"id": "wacid.1", "event": "connect", "timestamp": "1795510500", "from": WA_ID}])
    ),
    ProviderNotice: body({"field": "brand_new_field", "value": {"x": 1}}),
    UnhandledEvent: body(change(messages=[{"type": "text"}])),
}
SAMPLES: Mapping[tuple[str, str], Samples] = {("whatsapp_cloud", "meta"): _META}
