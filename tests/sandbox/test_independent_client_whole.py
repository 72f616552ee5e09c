"""Nothing that pywa knows is forgotten: what it can send and read is tried against the sandbox, or named here with its reason."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pywa.client import WhatsApp
from pywa.types.account_update import AccountUpdate
from pywa.types.base_update import BaseUpdate
from pywa.types.calls import CallPermissionUpdate
from pywa.types.flows import FlowCompletion
from pywa.types.message import (
    DeletedMessage,
    EditedMessage,
    Message,
    OutgoingDeletedMessage,
    OutgoingEditedMessage,
    OutgoingMessage,
)
from pywa.types.others import InteractiveType, MessageType
from pywa.types.system import IdentityChange
from pywa.types.templates import (
    TemplateCategoryUpdate,
    TemplateComponentsUpdate,
    TemplateQualityUpdate,
    TemplateStatusUpdate,
)

from tests.sandbox.conftest import Player, Receiver
from tests.sandbox.test_independent_client_kinds import SENDS, TO

_SENDING = ("send_", "request_", "mark_", "indicate_", "upload_", "remove_reaction", "pin_", "unpin_")
_PRODUCTS = "the product sends no goods of a catalogue"
NOT_SENT = {
    "send_text": "another name of send_message",
    "send_catalog": _PRODUCTS,
    "send_product": _PRODUCTS,
    "send_products": _PRODUCTS,
    "send_carousel": "the product sends no carousels",
    "request_contact_info": "the product asks for no contact cards",
    "request_verification_code": "a number is verified in Meta's own dialog",
    "pin_message": "for groups, which are not supported",
    "unpin_message": "for groups, which are not supported",
}
NOT_INTERACTIVE = {
    "catalog_message": _PRODUCTS,
    "product": _PRODUCTS,
    "product_list": _PRODUCTS,
    "carousel": "the product sends no carousels",
    "flow": "sent as a template's button; the phone page answers one in test_phone_kinds",
    "voice_call": "calls by WhatsApp are not answered yet",
    "call_permission_request": "calls by WhatsApp are not answered yet",
    "request_contact_info": "the product asks for no contact cards",
    "UNKNOWN": "pywa's own word",
}
_CALLS = "calls by WhatsApp are not answered yet; their webhooks are kept as they are"
NOT_READ = {
    "BaseUserUpdate": "abstract",
    "BaseTemplateUpdate": "abstract",
    "CallConnect": _CALLS,
    "CallStatus": _CALLS,
    "CallTerminate": _CALLS,
    "GroupMessageStatuses": "groups are not supported",
}
NOT_WRITTEN = {
    "unknown": "pywa's own word for what it does not know",
    "unsupported": "Meta's word for what its API does not carry: tests/channels/test_whatsapp_inbound.py",
    "request_welcome": "it has no content that pywa could read: tests/channels/test_whatsapp_inbound.py",
}

Sources = list[ast.Module]


@pytest.fixture(scope="module")
def sources() -> Sources:
    return [ast.parse(path.read_text("utf-8")) for path in sorted(Path(__file__).parent.glob("*.py"))]


def _nodes(sources: Sources) -> Iterator[ast.AST]:
    return (node for module in sources for node in ast.walk(module))


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def _neither(known: set[str], tried: set[str], excused: dict[str, str]) -> tuple[set[str], set[str], set[str]]:
    """What is forgotten, excused though it is tried, and excused though pywa knows it no more."""
    return known - tried - excused.keys(), tried & excused.keys(), excused.keys() - known


NOTHING: tuple[set[str], set[str], set[str]] = (set(), set(), set())


def test_every_way_of_sending_is_tried(sources: Sources) -> None:
    known = {name for name in dir(WhatsApp) if name.startswith(_SENDING)}
    tried = {node.attr for node in _nodes(sources) if isinstance(node, ast.Attribute)}
    assert len(known) > 15
    assert _neither(known, tried & known, NOT_SENT) == NOTHING


def test_every_interactive_kind_is_tried() -> None:
    tried = {kind.partition(" ")[2] for kind in SENDS if kind.startswith("interactive ")}
    assert _neither({kind.value for kind in InteractiveType}, tried, NOT_INTERACTIVE) == NOTHING


def test_every_type_of_message_is_written_by_the_sandbox(sources: Sources) -> None:
    """As a text of a test: `writes(message={"type": ...})`, the media's form, or the phone page's."""
    known = {kind.value for kind in MessageType}
    said = {node.value for node in _nodes(sources) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert _neither(known, (said & known) - NOT_WRITTEN.keys(), NOT_WRITTEN) == NOTHING


def test_every_update_is_read(sources: Sources) -> None:
    known = {kind.__name__ for kind in _below(BaseUpdate) if kind.__module__.startswith("pywa.types")}
    imported = {
        alias.name
        for node in _nodes(sources)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pywa.types")
        for alias in node.names
    }
    assert _neither(known, imported & known, NOT_READ) == NOTHING


# What the other files do not try --------------------------------------------------------------------------------------


async def test_pywa_sends_a_film_and_shows_that_somebody_types(player: Player) -> None:
    customer = await player.customer()
    message = await player.writes(customer["id"])
    wa = player.pywa()
    film = b"\x00\x00\x00\x18ftypmp42" + bytes(200)
    sent = await asyncio.to_thread(lambda: wa.send_video(TO, film, caption="Film", mime_type="video/mp4"))
    spoken = await asyncio.to_thread(
        lambda: wa.send_audio(TO, b"OggS\x00\x02" + bytes(22) + b"OpusHead" + bytes(80), mime_type="audio/ogg")
    )
    await asyncio.to_thread(wa.indicate_typing, message["id"])
    thread = (await player.control.get(f"/whatsapp_cloud/customers/{customer['id']}/messages")).json()["items"]
    by_id = {one["id"]: one for one in thread}
    assert (by_id[str(sent.id)]["type"], by_id[str(sent.id)]["content"]["caption"]) == ("video", "Film")
    assert by_id[str(spoken.id)]["type"] == "audio"
    assert by_id[message["id"]]["status"] == "read"


def _reply(kind: str, **content: Any) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, kind: content}}


_EDIT = {"original_message_id": "wamid.x", "message": {"type": "text", "text": {"body": "y"}}}
_IDENTITY = {"acknowledged": True, "created_timestamp": "1795510500", "hash": "h"}
_SYSTEM = {"type": "customer_identity_changed", "body": "x", "customer": "905551112233"}
WRITTEN: dict[str, tuple[dict[str, Any], type[Any], Callable[[Any], Any], Any]] = {
    "edit": ({"type": "edit", "edit": _EDIT}, EditedMessage, lambda one: one.message.text, "y"),
    "revoke": (
        {"type": "revoke", "revoke": {"original_message_id": "wamid.x"}},
        DeletedMessage,
        lambda one: one.original_message_id,
        "wamid.x",
    ),
    "form": (
        _reply("nfm_reply", name="flow", body="Sent", response_json='{"name": "Ada", "flow_token": "t"}'),
        FlowCompletion,
        lambda one: (one.token, one.response["name"]),
        ("t", "Ada"),
    ),
    "call permission": (
        _reply(
            "call_permission_reply", response="accept", response_source="user_action", expiration_timestamp="1795610500"
        ),
        CallPermissionUpdate,
        lambda one: one.response.value,
        "accept",
    ),
    "identity": (
        {"type": "system", "system": _SYSTEM, "identity": _IDENTITY},
        IdentityChange,
        lambda one: one.identity.hash,
        "h",
    ),
    "sticker": (
        {"type": "sticker", "sticker": {"id": "1", "mime_type": "image/webp", "sha256": "s", "animated": False}},
        Message,
        lambda one: one.sticker.animated,
        False,
    ),
    "contacts": (
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "Ada", "first_name": "Ada"}, "phones": []}]},
        Message,
        lambda one: one.contacts[0].name.formatted_name,
        "Ada",
    ),
}


@pytest.mark.parametrize("kind", WRITTEN)
async def test_pywa_reads_what_a_customer_does(player: Player, receiver: Receiver, kind: str) -> None:
    message, update, look, seen = WRITTEN[kind]
    customer = await player.customer()
    await player.writes(customer["id"], message=message)
    raw = receiver.posts[-1].raw_update
    value = raw["entry"][0]["changes"][0]["value"]
    if kind == "identity":
        # pywa 4 wants the contacts that Meta leaves out of system messages.
        assert "contacts" not in value
        value["contacts"] = [{"profile": {"name": "Ada"}, "wa_id": "905551112233", "user_id": "TR.1"}]
    assert look(update.from_update(client=player.pywa(), update=raw)) == seen


ECHOES: dict[str, tuple[dict[str, Any], Any]] = {
    "text": ({"type": "text", "text": {"body": "y"}}, OutgoingMessage),
    "edit": ({"type": "edit", "edit": _EDIT}, OutgoingEditedMessage),
    "revoke": ({"type": "revoke", "revoke": {"original_message_id": "wamid.x"}}, OutgoingDeletedMessage),
}


@pytest.mark.parametrize("kind", ECHOES)
async def test_pywa_reads_what_the_firm_does_on_its_phone(player: Player, receiver: Receiver, kind: str) -> None:
    message, update = ECHOES[kind]
    customer = await player.customer()
    answer = await player.control.post(
        f"/whatsapp_cloud/customers/{customer['id']}/echoes", json={"message": message, "wait": True}
    )
    found = update.from_update(client=player.pywa(), update=receiver.posts[-1].raw_update)
    assert found.id == answer.json()["id"]


async def test_pywa_reads_what_meta_says_of_a_template_and_an_account(player: Player, receiver: Receiver) -> None:
    template = {
        "name": "selam",
        "language": "tr",
        "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Selam"}],
    }
    made = await player.control.post("/whatsapp_cloud/templates", json={"templates": [template]})
    (node,) = made.json()["items"]
    wish = {"status": "PAUSED", "quality": "RED", "category": "MARKETING"}
    await player.control.patch(f"/whatsapp_cloud/templates/{node['id']}", json=wish)
    await receiver.until(lambda: len(receiver.posts) == 3)
    wa = player.pywa()
    updates: tuple[Any, ...] = (TemplateStatusUpdate, TemplateQualityUpdate, TemplateCategoryUpdate)
    for post, update in zip(receiver.posts, updates, strict=True):
        assert update.from_update(client=wa, update=post.raw_update).template_name == "selam"
    head = {"message_template_id": int(node["id"]), "message_template_name": "selam", "message_template_language": "tr"}
    for field, value in (
        ("message_template_components_update", head | {"message_template_element": "Selam {{1}}"}),
        (
            "account_update",
            {
                "event": "DISABLED_UPDATE",
                "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "November 24, 2026"},
            },
        ),
    ):
        await player.control.post(
            "/whatsapp_cloud/fields", json={"field": field, "value": value, "of": "account", "wait": True}
        )
    parts, account = receiver.posts[-2:]
    assert TemplateComponentsUpdate.from_update(client=wa, update=parts.raw_update).template_element == "Selam {{1}}"
    banned: Any = AccountUpdate.from_update(client=wa, update=account.raw_update)
    assert banned.event.value == "DISABLED_UPDATE"
