"""Says what a provider would refuse before a template is submitted: a refusal costs a day, a name, and trust.

Pure. The rules are Meta's (README of whatsapp_cloud); each problem has a place in the draft, a stable code and a sentence
in `locale` under `template_problem_<code>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from invekto.channels.templates import TemplateDraft
from invekto.templates import lint_buttons
from invekto.templates.languages import LANGUAGES
from invekto.templates.lint_texts import Problem, check_text, check_variables, whole_text
from invekto.templates.variables import MEDIA_HEADERS, Component, button_type, names_in

CATEGORIES: Final = ("MARKETING", "UTILITY", "AUTHENTICATION")
BODY_MAX: Final = 1024
HEADER_MAX: Final = 60
FOOTER_MAX: Final = 60
_NAME: Final = re.compile(r"[a-z0-9_]{1,512}")
_ONCE: Final = ("HEADER", "BODY", "FOOTER", "BUTTONS")
_ELSEWHERE: Final = frozenset({"CAROUSEL", "LIMITED_TIME_OFFER", "CALL_PERMISSION_REQUEST"})
_PLAIN_HEADERS: Final = frozenset({"TEXT", "LOCATION"})
_FORMATTING: Final = re.compile(r"[*_~`\n]")


@dataclass(frozen=True, slots=True)
class _Parts:
    """Where each part stands. A part that is there twice is a problem of its own."""

    places: Mapping[str, int]
    components: Sequence[Component]
    twice: Sequence[int] = field(default_factory=tuple)
    unknown: Sequence[int] = field(default_factory=tuple)

    @classmethod
    def of(cls, components: Sequence[Component]) -> _Parts:
        places: dict[str, int] = {}
        twice: list[int] = []
        unknown: list[int] = []
        for place, one in enumerate(components):
            kind = str(one.get("type", "")).upper()
            if kind not in _ONCE:
                unknown.append(place)
            elif kind in places:
                twice.append(place)
            else:
                places[kind] = place
        return cls(places, components, twice, unknown)

    def find(self, kind: str) -> tuple[str, Component] | None:
        place = self.places.get(kind)
        return None if place is None else (f"components.{place}", self.components[place])


def lint(draft: TemplateDraft, *, exists: bool = False) -> list[Problem]:
    """Every problem of a draft, none when the provider should take it. `exists`: another template has this name and language."""
    return list(_problems(draft, exists))


def _problems(draft: TemplateDraft, exists: bool) -> Iterator[Problem]:
    if not _NAME.fullmatch(draft.name):
        yield Problem("name", "name_pattern" if draft.name else "required")
    elif exists:
        yield Problem("name", "template_exists")
    if draft.language not in LANGUAGES:
        yield Problem("language", "language_unknown")
    if draft.category not in CATEGORIES:
        yield Problem("category", "category_unknown")
    parts = _Parts.of(draft.components)
    for place in parts.twice:
        yield Problem(f"components.{place}", "part_twice")
    for place in parts.unknown:
        kind = str(draft.components[place].get("type", "")).upper()
        yield Problem(f"components.{place}", "part_not_supported" if kind in _ELSEWHERE else "part_unknown")
    if draft.category == "AUTHENTICATION":
        yield from _authentication(parts)
        return
    named = draft.parameter_format == "NAMED"
    yield from _header(parts, named=named)
    yield from _body(parts, named=named)
    yield from _footer(parts)
    if (found := parts.find("BUTTONS")) is not None:
        yield from lint_buttons.check(*found)


def _header(parts: _Parts, *, named: bool) -> Iterator[Problem]:
    found = parts.find("HEADER")
    if found is None:
        return
    path, header = found
    shape = str(header.get("format", "TEXT")).upper()
    if shape in MEDIA_HEADERS:
        if not _handle(header):
            yield Problem(f"{path}.example", "sample_file_required")
    elif shape not in _PLAIN_HEADERS:
        yield Problem(f"{path}.format", "header_format_unknown")
    elif shape == "TEXT":
        yield from check_text(f"{path}.text", header.get("text"), HEADER_MAX)
        text = whole_text(header.get("text"))
        if len(names_in(text)) > 1:
            yield Problem(f"{path}.text", "header_variables", {"max": 1})
        if _FORMATTING.search(re.sub(r"\{\{[^{}]*\}\}", "", text)):
            yield Problem(f"{path}.text", "header_formatting")
        yield from check_variables(path, header, "header_text", named=named)


def _body(parts: _Parts, *, named: bool) -> Iterator[Problem]:
    found = parts.find("BODY")
    if found is None:
        yield Problem("components", "body_required")
        return
    path, body = found
    yield from check_text(f"{path}.text", body.get("text"), BODY_MAX)
    yield from check_variables(path, body, "body_text", named=named, flowing=True)


def _footer(parts: _Parts) -> Iterator[Problem]:
    found = parts.find("FOOTER")
    if found is None:
        return
    path, footer = found
    yield from check_text(f"{path}.text", footer.get("text"), FOOTER_MAX)
    if "{{" in whole_text(footer.get("text")):
        yield Problem(f"{path}.text", "footer_variables")


def _authentication(parts: _Parts) -> Iterator[Problem]:
    """Meta writes these texts itself: a draft only says what shall be in them, and has one button that carries the code."""
    if (found := parts.find("HEADER")) is not None:
        yield Problem(found[0], "authentication_fixed")
    found = parts.find("BODY")
    if found is None:
        yield Problem("components", "body_required")
    elif found[1].get("text"):
        yield Problem(f"{found[0]}.text", "authentication_fixed")
    if (found := parts.find("FOOTER")) is not None:
        minutes = found[1].get("code_expiration_minutes")
        if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= 90:
            yield Problem(f"{found[0]}.code_expiration_minutes", "code_expiration", {"min": 1, "max": 90})
    found = parts.find("BUTTONS")
    buttons: Any = found[1].get("buttons") if found is not None else None
    if (
        found is None
        or not isinstance(buttons, list)
        or len(buttons) != 1
        or button_type(_mapping(buttons[0])) != "OTP"
    ):
        yield Problem("components" if found is None else f"{found[0]}.buttons", "authentication_button")


def _mapping(value: Any) -> Component:
    return value if isinstance(value, Mapping) else {}


def _handle(header: Component) -> bool:
    handles = _mapping(header.get("example")).get("header_handle")
    return isinstance(handles, list) and bool(handles) and isinstance(handles[0], str) and bool(handles[0])
