"""The sentences the server itself sends, by code and language. The web client holds its own.

A sentence is whole and takes `{params}` by name; nothing is glued, because Turkish suffixes would break.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

LOCALES: Final = ("tr", "en")
DEFAULT_LOCALE: Final = "tr"
_MAX_HEADER = 1_000
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@cache
def sentences(locale: str) -> Mapping[str, str]:
    """Every sentence of one of LOCALES by its code."""
    text = (resources.files("invekto") / "locale" / f"{locale}.json").read_text(encoding="utf-8")
    loaded: dict[str, str] = json.loads(text)
    return loaded


def sentence(code: str, locale: str, params: Mapping[str, object] | None = None) -> str:
    """The sentence of `code` with its params filled in.

    A code without a sentence gives the sentence of `internal`: a test keeps the files complete, and an answer
    to a customer must not fail because of its wording.
    """
    table = sentences(locale)
    template = table.get(code) or table["internal"]
    values = params or {}
    return _PLACEHOLDER.sub(lambda match: str(values.get(match[1], "")), template)


def known(code: str) -> bool:
    """Is there a sentence for this code?"""
    return code in sentences(DEFAULT_LOCALE)


def negotiate(accept_language: str | None) -> str:
    """The best of LOCALES for an Accept-Language header (RFC 9110, 12.5.4); the default when nothing fits."""
    if not accept_language:
        return DEFAULT_LOCALE
    best, best_weight = DEFAULT_LOCALE, 0.0
    for entry in accept_language[:_MAX_HEADER].split(","):
        tag, *parameters = entry.strip().lower().split(";")
        locale = tag.strip().split("-")[0]
        if locale == "*":
            locale = DEFAULT_LOCALE
        weight = _weight(parameters)
        if locale in LOCALES and weight > best_weight:
            best, best_weight = locale, weight
    return best


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return float(value) if re.fullmatch(r"\s*[01](?:\.\d{0,3})?\s*", value) else 0.0
    return 1.0
