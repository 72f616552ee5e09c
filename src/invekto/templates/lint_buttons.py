"""Rules for a template's buttons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Final

import phonenumbers

from invekto.templates.lint_texts import Problem, check_text, whole_text
from invekto.templates.variables import PLACEHOLDER, Component, button_type, names_in

BUTTONS_MAX: Final = 10
TEXT_MAX: Final = 25
URL_MAX: Final = 2000
CODE_MAX: Final = 15
_MOST: Final[Mapping[str, int]] = {"URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1, "QUICK_REPLY": BUTTONS_MAX}


def check(path: str, component: Component) -> Iterator[Problem]:
    """`path` is the component's."""
    buttons: Any = component.get("buttons")
    if not isinstance(buttons, list) or not buttons or not all(isinstance(one, Mapping) for one in buttons):
        yield Problem(f"{path}.buttons", "required")
        return
    if len(buttons) > BUTTONS_MAX:
        yield Problem(f"{path}.buttons", "too_many_buttons", {"max": BUTTONS_MAX})
    kinds = [button_type(one) for one in buttons]
    for kind, count in Counter(kinds).items():
        if kind in _MOST and count > _MOST[kind] and kind != "QUICK_REPLY":
            yield Problem(f"{path}.buttons", "too_many_of_kind", {"kind": kind, "max": _MOST[kind]})
    if sum(kind_is_reply for kind_is_reply, _ in groupby(kinds, lambda kind: kind == "QUICK_REPLY")) > 1 or _between(
        kinds
    ):
        yield Problem(f"{path}.buttons", "quick_replies_apart")
    seen: set[str] = set()
    for place, button in enumerate(buttons):
        at = f"{path}.buttons.{place}"
        yield from _button(at, kinds[place], button)
        text = whole_text(button.get("text")).strip().casefold()
        if text and text in seen:
            yield Problem(f"{at}.text", "button_twice")
        seen.add(text)


def _between(kinds: list[str]) -> bool:
    """Others on both sides of the quick replies."""
    blocks = [reply for reply, _ in groupby(kinds, lambda kind: kind == "QUICK_REPLY")]
    return blocks == [False, True, False]


def _button(at: str, kind: str, button: Component) -> Iterator[Problem]:
    if kind == "OTP":
        yield Problem(f"{at}.type", "otp_only_authentication")
        return
    if kind not in _MOST:
        yield Problem(f"{at}.type", "button_not_supported")
        return
    if kind != "COPY_CODE":
        yield from check_text(f"{at}.text", button.get("text"), TEXT_MAX)
        if "{{" in whole_text(button.get("text")):
            yield Problem(f"{at}.text", "button_variables")
    if kind == "URL":
        yield from _url(at, button)
    elif kind == "PHONE_NUMBER" and not _is_phone(whole_text(button.get("phone_number"))):
        yield Problem(f"{at}.phone_number", "phone_wrong")
    elif kind == "COPY_CODE":
        yield from _code(at, button)


def _url(at: str, button: Component) -> Iterator[Problem]:
    url = whole_text(button.get("url"))
    yield from check_text(f"{at}.url", url, URL_MAX)
    if url and not url.startswith(("https://", "http://")):
        yield Problem(f"{at}.url", "url_wrong")
    names = PLACEHOLDER.findall(url)
    if len(names) > 1 or (names and (names != ["1"] or not url.endswith("}}"))):
        yield Problem(f"{at}.url", "url_variable", {"example": "{{1}}"})
    if names_in(url) and not _sample(button):
        yield Problem(f"{at}.example", "sample_required", {"variable": names[0]})


def _code(at: str, button: Component) -> Iterator[Problem]:
    sample = _sample(button)
    if not sample:
        yield Problem(f"{at}.example", "sample_code_required")
    elif len(sample) > CODE_MAX:
        yield Problem(f"{at}.example", "too_long", {"max": CODE_MAX, "length": len(sample)})


def _sample(button: Component) -> str:
    example = button.get("example")
    if isinstance(example, list):
        example = example[0] if example else ""
    return whole_text(example)


def _is_phone(text: str) -> bool:
    try:
        return len(text) <= 20 and phonenumbers.is_possible_number(phonenumbers.parse(text, "TR"))
    except phonenumbers.NumberParseException:
        return False
