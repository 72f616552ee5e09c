"""Rules for the texts of a template and the variables in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from invekto.templates.variables import PLACEHOLDER, Component, names_in, samples_of

_VARIABLE_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_EMPTY_LINES: Final = re.compile(r"\n[ \t]*\n[ \t]*\n")
_ADJACENT: Final = re.compile(r"\}\}\s*\{\{")
_WORD: Final = re.compile(r"\w+", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` in the draft (`components.1.text`), `code`, and what its sentence needs."""

    path: str
    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


def whole_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def check_text(path: str, value: Any, longest: int) -> Iterator[Problem]:
    """There, and not too long."""
    text = whole_text(value)
    if not text.strip():
        yield Problem(path, "required")
    elif len(text) > longest:
        yield Problem(path, "too_long", {"max": longest, "length": len(text)})


def check_variables(
    path: str, component: Component, samples: str, *, named: bool, flowing: bool = False
) -> Iterator[Problem]:
    """`flowing`: the rules of a body: nothing at its ends, none side by side, enough words around them."""
    text = whole_text(component.get("text"))
    place = f"{path}.text"
    names = names_in(text)
    if _malformed(text):
        yield Problem(place, "variable_malformed", {"example": "{{1}}"})
        return
    yield from _names(place, names, named=named)
    given = samples_of(component, samples)
    for name in names:
        if not given.get(name):
            yield Problem(f"{path}.example", "sample_required", {"variable": name})
    if not flowing:
        return
    if _EMPTY_LINES.search(text):
        yield Problem(place, "empty_lines")
    if not names:
        return
    stripped = text.strip()
    if PLACEHOLDER.match(stripped) or re.search(r"\{\{[^{}]*\}\}[\W_]*$", stripped):
        yield Problem(place, "variable_at_edge")
    if _ADJACENT.search(text):
        yield Problem(place, "variables_adjacent")
    count = len(PLACEHOLDER.findall(text))
    words = len(_WORD.findall(PLACEHOLDER.sub(" ", text)))
    if words < 2 * count + 1:
        yield Problem(place, "too_many_variables", {"variables": count, "words": words, "min": 2 * count + 1})


def _malformed(text: str) -> bool:
    rest = PLACEHOLDER.sub("", text)
    return "{{" in rest or "}}" in rest or any(not name for name in PLACEHOLDER.findall(text))


def _names(place: str, names: list[str], *, named: bool) -> Iterator[Problem]:
    if named:
        for name in names:
            if not _VARIABLE_NAME.fullmatch(name):
                yield Problem(place, "variable_name", {"variable": name})
        return
    wrong = [name for name in names if not (name.isascii() and name.isdigit())]
    if wrong:
        yield Problem(place, "variable_number", {"variable": wrong[0]})
    elif sorted(map(int, names)) != list(range(1, len(names) + 1)):
        yield Problem(place, "variables_not_contiguous")
