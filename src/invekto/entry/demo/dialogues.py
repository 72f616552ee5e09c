"""Reads the written dialogues (tr.txt, en.txt, ar.txt) and fills in names, days and times."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

LANGUAGES: Final = ("tr", "en", "ar")
CUSTOMER, AGENT, NOTE = "customer", "agent", "note"
_WHO: Final = {"c": CUSTOMER, "a": AGENT, "n": NOTE}
# What may stand after the dot; `document` and `template` are followed by a name.
TYPES: Final = frozenset(
    {
        "text",
        "image",
        "video",
        "audio",
        "document",
        "sticker",
        "location",
        "contacts",
        "interactive",
        "order",
        "reaction",
        "template",
        "system",
        "unsupported",
    }
)


@dataclass(frozen=True, slots=True)
class Saying:
    """One line of a dialogue: who, which kind of message, and the variants of its words."""

    who: str
    type: str
    variants: tuple[str, ...]
    name: str | None = None

    def words(self, rng: random.Random, filled: Mapping[str, str]) -> str:
        text = rng.choice(self.variants)
        for key, value in filled.items():
            text = text.replace("{" + key + "}", value)
        return text


@dataclass(frozen=True, slots=True)
class Block:
    """One topic."""

    topic: str
    sayings: tuple[Saying, ...]


@cache
def blocks(language: str) -> tuple[Block, ...]:
    """Every topic of a language. ValueError names the line that cannot be read."""
    text = (resources.files(__package__) / f"{language}.txt").read_text(encoding="utf-8")
    found: list[Block] = []
    topic, sayings = "", list[Saying]()
    for number, line in enumerate([*text.splitlines(), "== "], 1):
        if line.startswith("== "):
            if topic:
                found.append(Block(topic, tuple(sayings)))
            topic, sayings = line[3:].strip(), []
        elif line.strip() and not line.startswith("#"):
            sayings.append(_saying(line, f"{language}.txt, line {number}"))
    return tuple(found)


def _saying(line: str, place: str) -> Saying:
    head, _, rest = line.partition(" ")
    letter, _, kind = head.partition(".")
    kind = kind or "text"
    if letter not in _WHO or kind not in TYPES:
        raise ValueError(f"{place}: {head!r} is not a kind of line")
    name = None
    if kind in ("document", "template"):
        name, _, rest = rest.partition(" ")
    if kind == "text" and not rest:
        raise ValueError(f"{place}: nothing is said")
    return Saying(_WHO[letter], kind, tuple(rest.split("|")), name)
