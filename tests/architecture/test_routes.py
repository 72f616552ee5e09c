"""Every way in asks for a permission, or is named as public. Adding a route means adding it here, on purpose."""

from __future__ import annotations

import pytest

from invekto.accounts.permissions import CATALOGUE
from invekto.entry.api import Desk, Endpoint, endpoints, public_endpoints
from invekto.kernel.auth import SIGNED_IN
from invekto.kernel.settings import Settings

API = "/api/v1"
ONE = f"{API}/conversations/{{conversation_id}}"
WANTED: dict[tuple[str, str], str | None] = {
    ("POST", f"{API}/session"): None,
    ("GET", f"{API}/session"): SIGNED_IN,
    ("DELETE", f"{API}/session"): SIGNED_IN,
    ("PATCH", f"{API}/session/user"): SIGNED_IN,
    ("GET", f"{API}/users"): SIGNED_IN,
    ("GET", f"{API}/settings"): SIGNED_IN,
    ("PATCH", f"{API}/settings"): "settings.manage",
    ("GET", f"{API}/teams"): SIGNED_IN,
    ("GET", f"{API}/channels"): SIGNED_IN,
    ("POST", f"{API}/channels"): "channels.manage",
    ("GET", f"{API}/channels/whatsapp/signup"): "channels.manage",
    ("POST", f"{API}/channels/embedded-signup"): "channels.manage",
    ("PATCH", f"{API}/channels/{{channel_id}}"): "channels.manage",
    ("POST", f"{API}/channels/{{channel_id}}/reconnect"): "channels.manage",
    ("POST", f"{API}/channels/{{channel_id}}/register"): "channels.manage",
    ("POST", f"{API}/channels/{{channel_id}}/disconnect"): "channels.manage",
    ("POST", f"{API}/channels/{{channel_id}}/verify-token"): "channels.manage",
    ("POST", f"{API}/channels/{{channel_id}}/check"): "channels.manage",
    ("GET", f"{API}/channels/{{channel_id}}/health"): "channels.manage",
    ("POST", f"{API}/channels/{{channel_id}}/resume"): "channels.manage",
    ("GET", f"{API}/openapi.json"): SIGNED_IN,
    ("GET", f"{API}/tags"): "conversations.view",
    ("POST", f"{API}/tags"): "tags.manage",
    ("GET", f"{API}/conversations"): "conversations.view",
    ("GET", f"{API}/conversations/counts"): "conversations.view",
    ("GET", ONE): "conversations.view",
    ("POST", f"{ONE}/take"): "conversations.reply",
    ("POST", f"{ONE}/assign"): "conversations.assign",
    ("POST", f"{ONE}/resolve"): "conversations.reply",
    ("POST", f"{ONE}/reopen"): "conversations.reply",
    ("POST", f"{ONE}/snooze"): "conversations.reply",
    ("PUT", f"{ONE}/tags"): "conversations.reply",
    ("PUT", f"{ONE}/draft"): "conversations.reply",
    ("PUT", f"{ONE}/read"): "conversations.view",
    ("GET", f"{ONE}/messages"): "conversations.view",
    ("GET", f"{ONE}/messages/search"): "conversations.view",
    ("POST", f"{ONE}/messages"): "conversations.reply",
    ("GET", f"{ONE}/messages/{{message_id}}/revisions"): "conversations.view",
    ("POST", f"{ONE}/messages/{{message_id}}/resend"): "conversations.reply",
    ("POST", f"{ONE}/messages/{{message_id}}/discard"): "conversations.reply",
    ("POST", f"{ONE}/messages/{{message_id}}/settle"): "conversations.reply",
    ("POST", f"{ONE}/messages/{{message_id}}/forward"): "conversations.reply",
    ("POST", f"{API}/media"): "conversations.reply",
    ("GET", f"{API}/media/{{attachment_id}}"): "conversations.view",
    ("POST", f"{API}/media/{{attachment_id}}/retry"): "conversations.reply",
    ("GET", f"{API}/contacts/{{contact_id}}"): "conversations.view",
    ("PATCH", f"{API}/contacts/{{contact_id}}"): "contacts.edit",
    ("GET", f"{API}/contacts/{{contact_id}}/media"): "conversations.view",
    ("GET", f"{API}/contacts/{{contact_id}}/notes"): "conversations.view",
    ("POST", f"{API}/contacts/{{contact_id}}/notes"): "contacts.edit",
    ("PATCH", f"{API}/contacts/{{contact_id}}/notes/{{note_id}}"): "contacts.edit",
    ("DELETE", f"{API}/contacts/{{contact_id}}/notes/{{note_id}}"): "contacts.edit",
    ("GET", f"{API}/contact-fields"): "conversations.view",
    ("POST", f"{API}/contact-fields"): "contact_fields.manage",
    ("PUT", f"{API}/contact-fields/order"): "contact_fields.manage",
    ("PATCH", f"{API}/contact-fields/{{field_id}}"): "contact_fields.manage",
    ("DELETE", f"{API}/contact-fields/{{field_id}}"): "contact_fields.manage",
    ("GET", f"{API}/templates"): "conversations.reply",
    ("GET", f"{API}/templates/{{template_id}}"): "conversations.reply",
    ("GET", f"{API}/templates/{{template_id}}/suggestions"): "conversations.reply",
    ("POST", f"{API}/templates"): "templates.manage",
    ("POST", f"{API}/templates/lint"): "templates.manage",
    ("POST", f"{API}/templates/samples"): "templates.manage",
    ("POST", f"{API}/templates/sync"): "templates.manage",
    ("PUT", f"{API}/templates/{{template_id}}"): "templates.manage",
    ("DELETE", f"{API}/templates/{{template_id}}"): "templates.manage",
    ("GET", f"{API}/canned-replies"): "conversations.reply",
    ("POST", f"{API}/canned-replies"): "canned_replies.manage",
    ("PUT", f"{API}/canned-replies/{{canned_reply_id}}"): "canned_replies.manage",
    ("DELETE", f"{API}/canned-replies/{{canned_reply_id}}"): "canned_replies.manage",
    ("POST", f"{API}/canned-replies/{{canned_reply_id}}/render"): "conversations.reply",
    ("POST", f"{API}/first-messages/check"): "conversations.reply",
    ("POST", f"{API}/first-messages"): "conversations.reply",
    ("GET", f"{API}/search"): "conversations.view",
    ("GET", f"{API}/search/suggest"): "conversations.view",
    ("GET", f"{API}/quarantine"): "quarantine.manage",
    ("GET", f"{API}/quarantine/reasons"): "quarantine.manage",
    ("POST", f"{API}/quarantine/replay"): "quarantine.manage",
    ("POST", f"{API}/quarantine/{{quarantine_id}}/replay"): "quarantine.manage",
    ("WEBSOCKET", f"{API}/stream"): "conversations.view",
    # Signed by the provider.
    ("GET", "/hooks/{kind}"): None,
    ("POST", "/hooks/{kind}"): None,
    ("GET", "/hooks/{kind}/{key}"): None,
    ("POST", "/hooks/{kind}/{key}"): None,
    # For the operator's tools: no word about a firm.
    ("GET", "/health/live"): None,
    ("GET", "/health/ready"): None,
    ("GET", "/metrics"): None,
}


def reached() -> list[Endpoint]:
    return [one for one in endpoints(Desk(Settings(secret_key=bytes(32))).api) if one.method != "HEAD"]


@pytest.mark.attack("A47")
def test_every_way_in_is_listed_with_the_permission_it_asks_for() -> None:
    assert {(one.method, one.path): one.permission for one in reached()} == WANTED


@pytest.mark.attack("A47")
def test_a_way_in_without_a_permission_is_on_the_list_of_public_ones() -> None:
    public = public_endpoints()
    assert [one for one in reached() if one.permission is None and (one.method, one.path) not in public] == []
    assert [one for one in reached() if one.permission is not None and (one.method, one.path) in public] == []


def test_every_permission_that_a_route_asks_for_exists() -> None:
    assert {one.permission for one in reached()} <= {None, SIGNED_IN, *CATALOGUE}
