"""Fills a template in: the text that people read, the part that the provider's call carries, and what the thread shows.

Pure. What a value may not hold (Meta): line breaks, tabs, more than four spaces in a row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from invekto.kernel.errors import FieldError, Invalid
from invekto.templates.variables import (
    MEDIA_HEADERS,
    PLACEHOLDER,
    Component,
    Variable,
    button_type,
    buttons_of,
    header_format,
    names_in,
    part,
    variables_of,
)

VALUE_MAX: Final = 1024
CODE_MAX: Final = 15
_REFUSED: Final = re.compile(r"[\n\r\t]| {5,}")
_OPTIONAL: Final = frozenset({"header.name", "header.address"})
_DEGREES: Final = {"header.latitude": 90.0, "header.longitude": 180.0}


@dataclass(frozen=True, slots=True)
class Rendered:
    """`text` is the body; `payload` the message's on the wire (docs/api.md, Message) without its id; `part` the provider's,
    without a header's file: `header_kind` says which kind of file it needs (`image` ...), None for no file."""

    text: str
    payload: dict[str, Any]
    part: dict[str, Any]
    header_kind: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """What of a template rendering needs."""

    name: str
    language: str
    parameter_format: str
    components: Sequence[Component]


def media_header(components: Sequence[Component]) -> str | None:
    """`image`, `video`, `document`, or None when the header takes no file."""
    shape = header_format(components)
    return shape.lower() if shape in MEDIA_HEADERS else None


def render(source: Source, values: Mapping[str, str]) -> Rendered:
    """Fills in every variable.

    Raises:
        Invalid: a value that is missing (`required`), unknown, too long, or that the provider would refuse; each named as
            `values.<key>`.
    """
    variables = variables_of(source.components)
    _check(variables, values)

    def filled(where: str) -> Callable[[re.Match[str]], str]:
        return lambda match: values[f"{where}.{match[1]}"]

    def text_of(kind: str) -> str:
        component = part(source.components, kind) or {}
        return PLACEHOLDER.sub(filled(kind.lower()), str(component.get("text", "")))

    text = text_of("BODY")
    payload: dict[str, Any] = {"name": source.name, "language": source.language}
    shape = header_format(source.components)
    if shape is not None:
        payload["header"] = {"format": shape} | ({"text": text_of("HEADER")} if shape == "TEXT" else {})
    if (footer := part(source.components, "FOOTER")) is not None and footer.get("text"):
        payload["footer"] = str(footer["text"])
    payload["buttons"] = [_shown(place, one, values) for place, one in enumerate(buttons_of(source.components))]
    components = [*_header_part(source, values), *_body_part(source, values), *_button_parts(source, values)]
    sent: dict[str, Any] = {"name": source.name, "language": {"code": source.language}}
    if components:
        sent["components"] = components
    return Rendered(text, payload, sent, media_header(source.components))


def _check(variables: Sequence[Variable], values: Mapping[str, str]) -> None:
    wrong: list[FieldError] = []
    known = {one.key for one in variables}
    for one in variables:
        value = values.get(one.key, "")
        path = f"values.{one.key}"
        if not value.strip():
            if one.key not in _OPTIONAL:
                wrong.append(FieldError(path, "required"))
        elif _REFUSED.search(value):
            wrong.append(FieldError(path, "line_break_or_spaces"))
        elif len(value) > (CODE_MAX if one.name == "code" else VALUE_MAX):
            wrong.append(FieldError(path, "too_long"))
        elif one.key in _DEGREES and not _within(value, _DEGREES[one.key]):
            wrong.append(FieldError(path, "wrong_format"))
    wrong += [FieldError(f"values.{key}", "unknown") for key in values if key not in known]
    if wrong:
        raise Invalid(fields=wrong)


def _within(value: str, most: float) -> bool:
    try:
        return -most <= float(value) <= most
    except ValueError:
        return False


# What the thread shows --------------------------------------------------------------------------------------------


def _shown(place: int, button: Component, values: Mapping[str, str]) -> dict[str, Any]:
    kind = button_type(button)
    shown: dict[str, Any] = {"type": kind.lower(), "title": str(button.get("text", ""))}
    if kind == "URL":
        shown["url"] = PLACEHOLDER.sub(lambda _match: values.get(f"button.{place}", ""), str(button.get("url", "")))
    elif kind == "PHONE_NUMBER":
        shown["phone"] = str(button.get("phone_number", ""))
    elif kind == "COPY_CODE":
        shown["code"] = values[f"button.{place}"]
    elif kind == "OTP":
        shown["code"] = values.get("body.1", "")
    return shown


# What the provider's call carries ---------------------------------------------------------------------------------


def _header_part(source: Source, values: Mapping[str, str]) -> list[dict[str, Any]]:
    header = part(source.components, "HEADER")
    shape = header_format(source.components)
    if header is None or shape is None or shape in MEDIA_HEADERS:
        return []
    if shape == "LOCATION":
        place: dict[str, Any] = {name: float(values[f"header.{name}"]) for name in ("latitude", "longitude")}
        place |= {name: value for name in ("name", "address") if (value := values.get(f"header.{name}", "").strip())}
        return [{"type": "header", "parameters": [{"type": "location", "location": place}]}]
    names = names_in(header.get("text"))
    return [{"type": "header", "parameters": _texts(source, "header", names, values)}] if names else []


def _body_part(source: Source, values: Mapping[str, str]) -> list[dict[str, Any]]:
    names = names_in((part(source.components, "BODY") or {}).get("text"))
    return [{"type": "body", "parameters": _texts(source, "body", names, values)}] if names else []


def _texts(source: Source, where: str, names: Sequence[str], values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Numbered ones in the order of their numbers, whatever their order in the text."""
    named = source.parameter_format == "NAMED"
    ordered = names if named else sorted(names, key=lambda name: (len(name), name))
    return [
        {"type": "text"} | ({"parameter_name": name} if named else {}) | {"text": values[f"{where}.{name}"]}
        for name in ordered
    ]


def _button_parts(source: Source, values: Mapping[str, str]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for place, button in enumerate(buttons_of(source.components)):
        kind = button_type(button)
        parameter: dict[str, Any] | None = None
        if kind == "URL" and names_in(button.get("url")):
            parameter = {"type": "text", "text": values[f"button.{place}"]}
        elif kind == "COPY_CODE":
            parameter = {"type": "coupon_code", "coupon_code": values[f"button.{place}"]}
        elif kind == "QUICK_REPLY":
            parameter = {"type": "payload", "payload": str(button.get("text", ""))}
        elif kind == "FLOW":
            # What comes back from a flow says in its own fields which one it was: we tell flows apart by nothing else.
            parameter = {"type": "action", "action": {"flow_token": "unused"}}
        elif kind == "CATALOG":
            # Without a parameter the first product of the catalogue is the picture.
            parts.append({"type": "button", "sub_type": "CATALOG", "index": str(place)})
        elif kind == "OTP":
            kind, parameter = "URL", {"type": "text", "text": values.get("body.1", "")}
        if parameter is not None:
            head = {"type": "button", "sub_type": kind.lower(), "index": str(place)}
            parts.append({**head, "parameters": [parameter]})
    return parts
