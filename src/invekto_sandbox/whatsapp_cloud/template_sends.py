"""A template message against the approved template: counts and formats of its parameters (132000, 132012 ...), and what the
phone shows. The words of the details are [K]."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from invekto_sandbox.store import Row
from invekto_sandbox.whatsapp_cloud.accounts import Number
from invekto_sandbox.whatsapp_cloud.errors import GraphError
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.template_rules import MEDIA, PLACEHOLDER, buttons_of, component, names_in
from invekto_sandbox.whatsapp_cloud.templates import Templates

SENDABLE = ("APPROVED", "REINSTATED", "FLAGGED", "UNARCHIVED")
RENDERED_MAX = 1024


def checked(templates: Templates, number: Number, content: Json) -> Row:
    """The approved template that a send names, its parameters fitting. Raises GraphError."""
    name, language = str(content["name"]), str(content["language"]["code"])
    row = templates.named(number.waba_id, name, language)
    if row is None or row["status"] in ("PENDING", "REJECTED"):
        raise GraphError(132001, f"template name ({name}) does not exist in {language}")
    if row["status"] == "PAUSED":
        raise GraphError(132015, f"template {name} is paused")
    if row["status"] not in SENDABLE:
        raise GraphError(132016, f"template {name} is disabled")
    parts = json.loads(row["components"])
    sent = content.get("components") or []
    named = row["parameter_format"] == "NAMED"
    _header(parts, _sent(sent, "header"), named)
    if row["category"] != "AUTHENTICATION":
        values = _texts("body", (component(parts, "BODY") or {}).get("text"), _sent(sent, "body"), named)
        text = _filled((component(parts, "BODY") or {}).get("text"), values)
        if len(text) > RENDERED_MAX:
            raise GraphError(132005, f"Translated text is too long: {len(text)} characters")
    _buttons(parts, sent)
    return row


def shown(row: Row, content: Json) -> Json:
    """The parts as a phone shows them, filled in."""
    parts = json.loads(row["components"])
    sent = content.get("components") or []
    named = row["parameter_format"] == "NAMED"

    def filled(kind: str) -> str:
        text = (component(parts, kind) or {}).get("text")
        return _filled(text, _values(names_in(text), _sent(sent, kind.lower()), named))

    header = component(parts, "HEADER")
    found: Json = {"name": row["name"], "language": row["language"], "body": filled("BODY")}
    found["category"] = row["category"]
    if header is not None:
        shape = str(header.get("format", "TEXT")).upper()
        found["header"] = {"format": shape} | ({"text": filled("HEADER")} if shape == "TEXT" else {})
        if shape in MEDIA:
            parameter = next(iter(_sent(sent, "header")), {})
            found["header"]["media"] = parameter.get(shape.lower())
        elif shape == "LOCATION":
            found["header"]["location"] = next(iter(_sent(sent, "header")), {}).get("location")
    if footer := component(parts, "FOOTER"):
        found["footer"] = str(footer.get("text", ""))
    found["buttons"] = [_button(place, one, sent) for place, one in enumerate(buttons_of(parts))]
    return found


def header_media(content: Json) -> Json | None:
    """The file in a send's header: `{id}` or `{link}`."""
    for parameter in _sent(content.get("components") or [], "header"):
        media = parameter.get(str(parameter.get("type")))
        if parameter.get("type") in ("image", "video", "document") and isinstance(media, dict):
            return {"type": parameter["type"], **media}
    return None


def _button(place: int, button: Json, sent: Sequence[Json]) -> Json:
    kind = str(button.get("type", "")).upper()
    given = _sent_button(sent, place)
    found: Json = {"type": kind, "text": str(button.get("text", ""))}
    if kind == "URL":
        found["url"] = PLACEHOLDER.sub(str(given.get("text", "")), str(button.get("url", "")))
    elif kind == "PHONE_NUMBER":
        found["phone_number"] = button.get("phone_number")
    elif kind == "COPY_CODE":
        found["code"] = given.get("coupon_code")
    elif kind == "QUICK_REPLY":
        found["payload"] = given.get("payload") or found["text"]
    return found


def _sent(sent: Sequence[Any], kind: str) -> list[Json]:
    found: Json = next((one for one in sent if str(one.get("type", "")).lower() == kind), {})
    parameters = found.get("parameters")
    return [one for one in parameters if isinstance(one, dict)] if isinstance(parameters, list) else []


def _sent_button(sent: Sequence[Any], place: int) -> Json:
    for one in sent:
        if str(one.get("type", "")).lower() == "button" and str(one.get("index", "")) == str(place):
            parameters = one.get("parameters")
            return dict(parameters[0]) if isinstance(parameters, list) and parameters else {}
    return {}


def _values(names: Sequence[str], parameters: Sequence[Json], named: bool) -> dict[str, str]:
    if named:
        return {str(one.get("parameter_name")): str(one.get("text", "")) for one in parameters}
    ordered = sorted(names, key=lambda name: (len(name), name))
    return {name: str(one.get("text", "")) for name, one in zip(ordered, parameters, strict=False)}


def _filled(text: Any, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), str(text or ""))


def _texts(where: str, text: Any, parameters: Sequence[Json], named: bool) -> dict[str, str]:
    names = names_in(text)
    if len(parameters) != len(names):
        raise GraphError(
            132000,
            f"{where}: number of localizable_params ({len(parameters)}) does not match the expected number of params ({len(names)})",
        )
    if any(one.get("type") != "text" or not isinstance(one.get("text"), str) for one in parameters):
        raise GraphError(132012, f"{where}: Parameter format does not match format in the created template")
    if named and {str(one.get("parameter_name")) for one in parameters} != set(names):
        raise GraphError(100, f"{where}: Parameter name is missing or empty")
    for one in parameters:
        if not one["text"].strip():
            raise GraphError(131008, f"{where}: Parameter of type text is missing text value")
        if any(char in one["text"] for char in "\n\t") or "     " in one["text"]:
            raise GraphError(
                132018 if where == "body" else 132012,
                f"{where}: Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
            )
    return _values(names, parameters, named)


def _header(parts: Sequence[Json], parameters: Sequence[Json], named: bool) -> None:
    header = component(parts, "HEADER")
    if header is None:
        if parameters:
            raise GraphError(
                132000,
                f"header: number of localizable_params ({len(parameters)}) does not match the expected number of params (0)",
            )
        return
    shape = str(header.get("format", "TEXT")).upper()
    if shape == "TEXT":
        _texts("header", header.get("text"), parameters, named)
        return
    wanted = shape.lower()
    if len(parameters) != 1 or parameters[0].get("type") != wanted or not isinstance(parameters[0].get(wanted), dict):
        got = parameters[0].get("type") if parameters else "UNKNOWN"
        raise GraphError(132012, f"header: Format mismatch, expected {shape}, received {str(got).upper()}")


def _buttons(parts: Sequence[Json], sent: Sequence[Json]) -> None:
    buttons = buttons_of(parts)
    for one in sent:
        if str(one.get("type", "")).lower() == "button":
            index = str(one.get("index", ""))
            if not index.isdigit() or int(index) >= len(buttons):
                raise GraphError(132000, f"buttons: Button index {index} does not exist in the template")
    for place, button in enumerate(buttons):
        kind = str(button.get("type", "")).upper()
        given = _sent_button(sent, place)
        if kind == "URL" and names_in(button.get("url")) and not given.get("text"):
            raise GraphError(131008, f"buttons: Button at index {place} of type Url requires a parameter")
        if kind == "COPY_CODE" and not 0 < len(str(given.get("coupon_code") or "")) <= 15:
            raise GraphError(131008, f"buttons: Button at index {place} of type CopyCode requires a parameter")
        if kind == "FLOW" and (given.get("type") != "action" or not isinstance(given.get("action"), dict)):
            raise GraphError(131008, f"buttons: Button at index {place} of type Flow requires a parameter")
        if kind == "OTP" and not given.get("text"):
            raise GraphError(131008, f"buttons: Button at index {place} of type Url requires a parameter")
