"""Webhook bodies as Meta writes them: envelope, message, status. Pure: rows in, bytes out."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from typing import Any

from invekto_sandbox.whatsapp_cloud.accounts import Number

Json = dict[str, Any]

SHAPES = ("both", "phone", "bsuid", "bsuid_empty", "bsuid_in_from")
"""How a customer is named in webhooks. `both` is today's usual form; `phone` the one before business-scoped ids;
the three `bsuid` forms are what a user without a visible number has been seen as: keys missing, empty, or the
business-scoped id in the place of the number."""


def new_wamid(address: str) -> str:
    """The shape of Meta's: a length-prefixed address and 18 random hex digits in base64."""
    name = address.encode()[:60]
    mark = secrets.token_hex(9).upper().encode()
    raw = b"\x1c\x18" + bytes([len(name)]) + name + b"\x15\x02\x00\x12\x18\x12" + mark + b"\x00"
    return "wamid." + base64.b64encode(raw).decode()


def encode(body: Json) -> bytes:
    """Meta signs a body with non-ASCII as lower-case \\uXXXX and a slash as \\/ [K]."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode()


def envelope(entries: Sequence[tuple[str, Json]], field: str = "messages", at: int | None = None) -> Json:
    """`at`: the entry's time, which account webhooks have. `entries` are (WABA id, value); values of one WABA share an entry, in order of first appearance."""
    by_waba: dict[str, list[Json]] = {}
    for waba_id, value in entries:
        by_waba.setdefault(waba_id, []).append({"value": value, "field": field})
    time = {} if at is None else {"time": at}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": waba_id, **time, "changes": changes} for waba_id, changes in by_waba.items()],
    }


def packed(bodies: Sequence[bytes]) -> bytes:
    """Several bodies as one: an entry for each account, its changes in order, as Meta does at peaks."""
    entries: dict[str, Json] = {}
    for body in bodies:
        for entry in json.loads(body)["entry"]:
            known = entries.setdefault(entry["id"], {**entry, "changes": []})
            known["changes"] += entry["changes"]
    return encode({"object": "whatsapp_business_account", "entry": list(entries.values())})


def _address(shape: str, phone: str | None, user_id: str) -> Json:
    """The keys `wa_id` and `user_id` of a contact, in the customer's shape."""
    if shape == "phone":
        return {"wa_id": phone}
    if shape == "bsuid":
        return {"user_id": user_id}
    if shape == "bsuid_empty":
        return {"wa_id": "", "user_id": user_id}
    if shape == "bsuid_in_from":
        return {"wa_id": user_id, "user_id": user_id}
    return {"wa_id": phone, "user_id": user_id}


def contact(customer: Json, user_id: str) -> Json:
    profile: Json = {"name": customer["name"]}
    if customer["username"]:
        profile["username"] = customer["username"]
    return {"profile": profile, **_address(customer["shape"], customer["phone"], user_id)}


def number_value(number: Number) -> Json:
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.digits, "phone_number_id": number.phone_number_id},
    }


def message(customer: Json, user_id: str, wamid: str, timestamp: int, body: Json) -> Json:
    """One entry of `messages`. What `body` says itself (a raw message of a test) is left as it is."""
    address = _address(customer["shape"], customer["phone"], user_id)
    sender: Json = {}
    if "wa_id" in address:
        sender["from"] = address["wa_id"]
    if "user_id" in address:
        sender["from_user_id"] = address["user_id"]
    return sender | {"id": wamid, "timestamp": str(timestamp)} | body


def messages_value(number: Number, contacts: Sequence[Json], messages: Sequence[Json]) -> Json:
    """System messages come without contacts."""
    value = number_value(number)
    if any(one.get("type") != "system" for one in messages):
        value["contacts"] = list(contacts)
    return value | {"messages": list(messages)}


def status_value(
    number: Number,
    customer: Json,
    user_id: str,
    *,
    wamid: str,
    status: str,
    timestamp: int,
    category: str | None,
    callback_data: str | None,
    errors: Sequence[Json] | None,
) -> Json:
    """`category` is the price category; None where Meta names no price (a failed message)."""
    one: Json = {"id": wamid, "status": status, "timestamp": str(timestamp)}
    address = _address(customer["shape"], customer["phone"], user_id)
    if "wa_id" in address:
        one["recipient_id"] = address["wa_id"]
    if "user_id" in address:
        one["recipient_user_id"] = address["user_id"]
    if callback_data is not None:
        one["biz_opaque_callback_data"] = callback_data
    if category is not None:
        free = category == "service"
        one["pricing"] = {
            "billable": not free,
            "pricing_model": "PMP",
            "type": "free_customer_service" if free else "regular",
            "category": category,
        }
    if errors:
        one["errors"] = list(errors)
    return number_value(number) | {"contacts": [contact(customer, user_id)], "statuses": [one]}
