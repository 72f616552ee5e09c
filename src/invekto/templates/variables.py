"""What a template leaves open: its variables in the order of reading, each with a key that is its own within the template.

Keys: `body.1` or `body.first_name`, `header.1`, `button.0` (the button's place, from 0), and of a place as header
`header.latitude`, `header.longitude`, `header.name`, `header.address`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Component = Mapping[str, Any]
Where = Literal["header", "body", "button"]

PLACEHOLDER: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
MEDIA_HEADERS: Final = frozenset({"IMAGE", "VIDEO", "DOCUMENT"})
_PLACE: Final = ("latitude", "longitude", "name", "address")


@dataclass(frozen=True, slots=True)
class Variable:
    """`name` as the text has it between its braces; `index` is a button's place."""

    key: str
    where: Where
    name: str
    example: str | None = None
    index: int | None = None


def part(components: Sequence[Component], kind: str) -> Component | None:
    """The component of this type, None without one."""
    return next((one for one in components if str(one.get("type", "")).upper() == kind), None)


def header_format(components: Sequence[Component]) -> str | None:
    """`TEXT`, `IMAGE` ..., None without a header."""
    header = part(components, "HEADER")
    return None if header is None else str(header.get("format", "TEXT")).upper()


def buttons_of(components: Sequence[Component]) -> list[Component]:
    found = (part(components, "BUTTONS") or {}).get("buttons")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def button_type(button: Component) -> str:
    return str(button.get("type", "")).upper()


def names_in(text: object) -> list[str]:
    """The variables of a text, each once, in order."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text))) if isinstance(text, str) else []


def variables_of(components: Sequence[Component]) -> list[Variable]:
    """Everything that a send has to fill in, a header's file left out."""
    return [*_header(components), *_body(components), *_buttons(components)]


def _header(components: Sequence[Component]) -> Iterator[Variable]:
    header = part(components, "HEADER")
    if header is None:
        return
    if header_format(components) == "LOCATION":
        for name in _PLACE:
            yield Variable(f"header.{name}", "header", name)
        return
    samples = samples_of(header, "header_text")
    for name in names_in(header.get("text")):
        yield Variable(f"header.{name}", "header", name, samples.get(name))


def _body(components: Sequence[Component]) -> Iterator[Variable]:
    body = part(components, "BODY") or {}
    samples = samples_of(body, "body_text")
    for name in names_in(body.get("text")):
        yield Variable(f"body.{name}", "body", name, samples.get(name))


def _buttons(components: Sequence[Component]) -> Iterator[Variable]:
    for place, button in enumerate(buttons_of(components)):
        kind, sample = button_type(button), _first(button.get("example"))
        if kind == "URL" and names_in(button.get("url")):
            yield Variable(f"button.{place}", "button", "1", _suffix(str(button["url"]), sample), place)
        elif kind == "COPY_CODE":
            yield Variable(f"button.{place}", "button", "code", sample, place)


def samples_of(component: Component, key: str) -> dict[str, str]:
    """A component's examples by the variable's name; a list's first one is variable 1's."""
    example = component.get("example")
    if not isinstance(example, Mapping):
        return {}
    named = example.get(f"{key}_named_params")
    if isinstance(named, list):
        return {str(one.get("param_name")): str(one.get("example", "")) for one in named if isinstance(one, Mapping)}
    row = example.get(key)
    if isinstance(row, list) and row and isinstance(row[0], list):
        row = row[0]
    return {str(number): str(value) for number, value in enumerate(row, 1)} if isinstance(row, list) else {}


def _first(example: object) -> str | None:
    if isinstance(example, list):
        example = example[0] if example else None
    return str(example) if isinstance(example, str | int) and str(example) else None


def _suffix(url: str, sample: str | None) -> str | None:
    """Meta keeps the whole address as the example; what a send fills in is its end."""
    base = PLACEHOLDER.split(url, maxsplit=1)[0]
    return sample.removeprefix(base) if sample else None
