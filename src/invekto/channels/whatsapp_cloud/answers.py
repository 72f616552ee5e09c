"""What a person pressed, chose, filled in or ordered: replies to buttons, lists, templates, forms and catalogues."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Raw, Struct

from invekto.channels.whatsapp_cloud.payloads import Id, read, storable_value
from invekto.kernel.text import preview, storable

_TITLE_MAX: Final = 300
_VALUE_MAX: Final = 2000
_FIELDS_MAX: Final = 100
_ITEMS_MAX: Final = 200
# Tells the form's answers apart for the sender of the form; it says nothing to a person.
_NOT_FIELDS: Final = frozenset({"flow_token", "saved_address_id"})


@dataclass(frozen=True, slots=True)
class Answer:
    text: str | None
    payload: dict[str, Any]


class Reply(Struct):
    id: str | None = None
    title: str | None = None
    description: str | None = None


class Form(Struct):
    """`response_json` is JSON in a text, and has been seen broken."""

    name: str | None = None
    body: str | None = None
    response_json: Any = None


class Permission(Struct):
    response: str
    response_source: str | None = None


class Interactive(Struct):
    """`type` names the one part that is there."""

    type: str
    button_reply: Reply | None = None
    list_reply: Reply | None = None
    nfm_reply: Form | None = None
    call_permission_reply: Permission | None = None


class InteractiveMessage(Struct):
    interactive: Interactive


class Button(Struct):
    text: str
    payload: str | None = None


class ButtonMessage(Struct):
    button: Button


class Item(Struct):
    product_retailer_id: Id = None
    quantity: float | str | None = None
    item_price: float | str | None = None
    currency: str | None = None


class Order(Struct):
    product_items: list[Item]
    catalog_id: Id = None
    text: str | None = None


class OrderMessage(Struct):
    order: Order


def answer_of(kind: str, raw: Raw) -> Answer | None:
    """The reply in the wire's shape (docs/api.md, `interactive`), or None when it is of no form that we know."""
    if kind == "button":
        pressed = read(raw, ButtonMessage)
        return None if pressed is None else _pressed("template_button", pressed.button.text, pressed.button.payload)
    message = read(raw, InteractiveMessage)
    if message is None:
        return None
    match message.interactive:
        case Interactive(type="button_reply", button_reply=Reply() as reply):
            return _pressed("button_reply", reply.title, reply.id)
        case Interactive(type="list_reply", list_reply=Reply() as reply):
            return _pressed("list_reply", reply.title, reply.id, reply.description)
        case Interactive(type="nfm_reply", nfm_reply=Form() as form):
            return _form(form)
        case Interactive(type="call_permission_reply", call_permission_reply=Permission() as given):
            return Answer(None, {"kind": "call_permission_reply", "response": preview(given.response, 40)})
        case _:
            return None


def order_of(raw: Raw) -> Answer | None:
    """What was ordered of a catalogue. None for what is no order."""
    message = read(raw, OrderMessage)
    if message is None:
        return None
    order = message.order
    items = [_item(item) for item in order.product_items[:_ITEMS_MAX]]
    catalog = preview(str(order.catalog_id), _TITLE_MAX) if order.catalog_id else None
    return Answer(storable(order.text) if order.text else None, {"catalog_id": catalog, "items": items})


def _pressed(kind: str, title: str | None, id_: str | None, description: str | None = None) -> Answer | None:
    if not title:
        return None
    said = preview(title, _TITLE_MAX)
    payload: dict[str, Any] = {"kind": kind, "title": said}
    if id_:
        payload["id"] = preview(id_, _TITLE_MAX)
    if description:
        payload["description"] = preview(description, _TITLE_MAX)
    return Answer(said, payload)


def _form(form: Form) -> Answer:
    kind = "address_reply" if form.name == "address_message" else "flow_reply"
    given = form.response_json
    broken = False
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            broken = True
    payload: dict[str, Any] = {"kind": kind}
    if form.name:
        payload["title"] = preview(form.name, _TITLE_MAX)
    if broken or not isinstance(given, dict):
        payload["response"] = preview(form.response_json, _VALUE_MAX) if isinstance(form.response_json, str) else None
        payload["fields"] = []
    else:
        inner = given.get("values")
        values = inner if kind == "address_reply" and isinstance(inner, dict) else given
        payload["fields"] = _fields(storable_value(values))
    return Answer(storable(form.body) if form.body else None, payload)


def _fields(values: dict[str, Any]) -> list[dict[str, str]]:
    found = [(name, _text(value)) for name, value in values.items() if name not in _NOT_FIELDS]
    return [{"name": preview(name, _TITLE_MAX), "value": said} for name, said in found if said][:_FIELDS_MAX]


def _text(value: Any) -> str:
    """A form's value as people read it: lists with commas, anything deeper as JSON."""
    match value:
        case None:
            return ""
        case str():
            return storable(value)[:_VALUE_MAX]
        case list() if all(isinstance(one, str | int | float) for one in value):
            return ", ".join(str(one) for one in value)[:_VALUE_MAX]
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)[:_VALUE_MAX]


def _item(item: Item) -> dict[str, Any]:
    said: dict[str, Any] = {
        "product_id": preview(str(item.product_retailer_id or ""), _TITLE_MAX),
        "quantity": _number(item.quantity) or 1,
    }
    if (price := _number(item.item_price)) is not None:
        said["price"] = price
    if item.currency:
        said["currency"] = preview(item.currency, 10)
    return said


def _number(given: float | str | None) -> float | int | None:
    """A number that JSON has a word for, whole ones without a point."""
    try:
        value = float(given) if given is not None else None
    except ValueError:
        return None
    if value is None or value != value or abs(value) > 1e15:  # not a number
        return None
    return int(value) if value == int(value) else value
