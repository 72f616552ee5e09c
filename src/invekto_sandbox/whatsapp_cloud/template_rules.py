"""What `POST /{waba}/message_templates` accepts: Meta's rules and the subcodes it refuses with. Raises GraphError, changes nothing.

Source: Meta's page of template components and the subcodes that pywa 4.5 names; the words of the messages are [K].
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from invekto_sandbox.whatsapp_cloud.errors import GraphError
from invekto_sandbox.whatsapp_cloud.payloads import Json

PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
MEDIA = ("IMAGE", "VIDEO", "DOCUMENT")
CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")
TOO_LONG, FORMAT, FOOTER, LIMIT, BEING_DELETED, EXISTS, RATIO, EDGE = (
    2388040, 2388047, 2388073, 2388019, 2388023, 2388024, 2388293, 2388299,
)  # fmt: skip
_MOST = {"URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1}


def refusal(subcode: int, title: str, said: str) -> GraphError:
    error = GraphError(100, subcode=subcode)
    error.title = "Invalid parameter"
    error.user_title, error.user_msg = title, said
    return error


def component(components: Sequence[Json], kind: str) -> Json | None:
    return next((one for one in components if str(one.get("type", "")).upper() == kind), None)


def names_in(text: Any) -> list[str]:
    return list(dict.fromkeys(PLACEHOLDER.findall(text))) if isinstance(text, str) else []


def buttons_of(components: Sequence[Json]) -> list[Json]:
    found = (component(components, "BUTTONS") or {}).get("buttons")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def check_name(body: Json) -> None:
    if not re.fullmatch(r"[a-z0-9_]{1,512}", str(body.get("name", ""))):
        raise refusal(2388071, "Name is invalid", "The name may only have lowercase letters, numbers and underscores.")
    if not isinstance(body.get("language"), str) or not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", body["language"]):
        raise GraphError(100, "Param language is not a supported language code.")


def check_content(body: Json) -> None:
    """Category and components."""
    if body.get("category") not in CATEGORIES:
        raise GraphError(100, f"Param category must be one of {{{', '.join(CATEGORIES)}}}")
    components = body.get("components")
    if not isinstance(components, list) or any(not isinstance(one, dict) for one in components):
        raise GraphError(100, "Param components must be an array of objects.")
    if body["category"] == "AUTHENTICATION":
        _authentication(components)
        return
    named = body.get("parameter_format") == "NAMED"
    main = component(components, "BODY")
    if main is None or not str(main.get("text", "")).strip():
        raise refusal(FORMAT, "Body is missing", "Message template needs a body.")
    _header(component(components, "HEADER"), named)
    _body(main, named)
    footer = component(components, "FOOTER")
    if footer is not None:
        text = str(footer.get("text", ""))
        if "{{" in text or not text:
            raise refusal(FOOTER, "Footer is invalid", "The footer must be a text without variables.")
        _length("footer", text, 60)
    _buttons(buttons_of(components))


def _length(where: str, text: str, most: int) -> None:
    if len(text) > most:
        raise refusal(TOO_LONG, "Too many characters", f"The {where} can have at most {most} characters.")


def _header(header: Json | None, named: bool) -> None:
    if header is None:
        return
    shape = str(header.get("format", "TEXT")).upper()
    example = header.get("example") or {}
    if shape in MEDIA:
        if not (isinstance(example, dict) and example.get("header_handle")):
            raise refusal(FORMAT, "Header is missing a sample", "The header needs an example of its file.")
    elif shape == "TEXT":
        text = str(header.get("text", ""))
        _length("header", text, 60)
        if not text or "\n" in text or len(names_in(text)) > 1:
            raise refusal(FORMAT, "Header is invalid", "The header is one line with at most one variable.")
        _samples("header", header, "header_text", named)
    elif shape != "LOCATION":
        raise refusal(FORMAT, "Header is invalid", f"The header's format {shape} is not known.")


def _body(main: Json, named: bool) -> None:
    text = str(main["text"])
    _length("body", text, 1024)
    names = names_in(text)
    if not named and sorted(names) != sorted(map(str, range(1, len(names) + 1))):
        raise refusal(FORMAT, "Body is invalid", "The body's variables must be {{1}}, {{2}}, ... without a gap.")
    stripped = text.strip()
    if names and (PLACEHOLDER.match(stripped) or re.search(r"\}\}[\W_]*$", stripped)):
        raise refusal(EDGE, "Variables at the edge", "The body must not begin or end with a variable.")
    if re.search(r"\}\}\s*\{\{", text):
        raise refusal(FORMAT, "Body is invalid", "The body must not have variables next to each other.")
    count = len(PLACEHOLDER.findall(text))
    if count and len(re.findall(r"\w+", PLACEHOLDER.sub(" ", text))) < 2 * count + 1:
        raise refusal(RATIO, "Too many variables", "The body has too many variables for its length.")
    _samples("body", main, "body_text", named)


def _samples(where: str, part: Json, key: str, named: bool) -> None:
    names = names_in(part.get("text"))
    example = part.get("example") or {}
    given = example.get(f"{key}_named_params" if named else key) if isinstance(example, dict) else None
    row = given[0] if key == "body_text" and not named and isinstance(given, list) and given else given
    if names and (not isinstance(row, list) or len(row) != len(names)):
        raise refusal(FORMAT, "Samples are missing", f"The {where} needs one example for each of its variables.")


def _buttons(buttons: Sequence[Json]) -> None:
    kinds = [str(one.get("type", "")).upper() for one in buttons]
    if len(kinds) > 10 or any(kinds.count(kind) > most for kind, most in _MOST.items()):
        raise refusal(2388031, "Too many buttons", "There are too many buttons, or too many of one kind.")
    places = [place for place, kind in enumerate(kinds) if kind == "QUICK_REPLY"]
    apart = places and places[-1] - places[0] + 1 != len(places)
    if apart or (places and places[0] > 0 and places[-1] < len(kinds) - 1):
        raise refusal(2388032, "Buttons are mixed", "Quick reply buttons must stand together.")
    for button in buttons:
        if len(str(button.get("text", ""))) > 25:
            raise refusal(TOO_LONG, "Too many characters", "The button can have at most 25 characters.")
        url = str(button.get("url", ""))
        if names_in(url) and (not url.endswith("}}") or len(names_in(url)) > 1 or not button.get("example")):
            raise refusal(
                2388033, "Button is invalid", "The button's address may have one variable at its end, with an example."
            )


def _authentication(components: Sequence[Json]) -> None:
    main = component(components, "BODY")
    if main is not None and main.get("text"):
        raise refusal(FORMAT, "Body is invalid", "The body of an authentication template cannot be changed.")
    kinds = [str(one.get("type", "")).upper() for one in buttons_of(components)]
    if kinds != ["OTP"]:
        raise refusal(2388034, "Button is invalid", "An authentication template has one OTP button.")
