"""What the types of contact fields admit, how a value reads in a text, and what is left of it for who may not see it. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias, assert_never, get_args
from urllib.parse import urlsplit

import phonenumbers

from invekto.accounts.masking import mask_email, mask_phone

FieldType = Literal["text", "number", "date", "select", "multi_select", "boolean", "phone", "email", "url"]
Value: TypeAlias = str | int | float | bool | list[str]
FIELD_TYPES: Final[tuple[str, ...]] = get_args(FieldType)
CHOOSING: Final = frozenset({"select", "multi_select"})
TEXT_MAX: Final = 1_000
EMAIL_MAX: Final = 254
URL_MAX: Final = 2_000
# Every whole number up to this one is a number in JavaScript too.
NUMBER_MAX: Final = 9_007_199_254_740_991
MASK: Final = "***"
_REGION: Final = "TR"

_NOT_TEXT: Final = re.compile("[\x00\ud800-\udfff]")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"
)
_BLANK_OR_CONTROL: Final = re.compile(r"[\s\x00-\x1f\x7f\\<>\"]")


class ValueRefused(ValueError):
    """Not a value of the type. `code` as docs/api.md, "Errors", lists it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Option:
    """What can be chosen. An archived one stays where it was chosen and is not offered."""

    id: str
    label: str
    archived: bool = False


def parse_value(type_: FieldType, options: Sequence[Option], given: object, now: Value | None) -> Value | None:
    """A value as it is kept, or None for nothing; `now` is what the contact has.

    Raises:
        ValueRefused: with the code of what is wrong.
    """
    if given is None or given in ("", []):
        return None
    match type_:
        case "boolean":
            if not isinstance(given, bool):
                raise ValueRefused("wrong_type")
            return given
        case "number":
            return _number(given)
        case "select":
            return _choice(options, given, {now} if isinstance(now, str) else set())
        case "multi_select":
            return _choices(options, given, now)
        case "text" | "date" | "phone" | "email" | "url":
            return _written(type_, given)
        case _:
            assert_never(type_)


def _written(type_: Literal["text", "date", "phone", "email", "url"], given: object) -> str | None:
    if not isinstance(given, str):
        raise ValueRefused("wrong_type")
    if _NOT_TEXT.search(given):
        raise ValueRefused("wrong_format")
    text = given.strip()
    longest = {"email": EMAIL_MAX, "url": URL_MAX}.get(type_, TEXT_MAX)
    if len(text) > longest:
        raise ValueRefused("too_long")
    if not text:
        return None
    match type_:
        case "text":
            return text
        case "date":
            return _day(text)
        case "phone":
            return _phone(text)
        case "email":
            if not _EMAIL.fullmatch(text):
                raise ValueRefused("wrong_format")
            return text
        case "url":
            return _web_address(text)
        case _:
            assert_never(type_)


def _number(given: object) -> int | float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueRefused("wrong_type")
    if isinstance(given, float) and not math.isfinite(given):
        raise ValueRefused("wrong_format")
    if abs(given) > NUMBER_MAX:
        raise ValueRefused("out_of_range")
    return int(given) if given == int(given) else given


def _day(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise ValueRefused("wrong_format")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueRefused("wrong_format") from None


def _phone(text: str) -> str:
    """E.164; a number without a country is a Turkish one."""
    try:
        number = phonenumbers.parse(text, _REGION)
    except phonenumbers.NumberParseException:
        raise ValueRefused("wrong_format") from None
    if not phonenumbers.is_valid_number(number):
        raise ValueRefused("wrong_format")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _web_address(text: str) -> str:
    """Only what a browser opens as a page: a link of any other scheme would run in the agent's session."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueRefused("wrong_format") from None
    if parts.scheme not in ("http", "https") or not host or parts.username or _BLANK_OR_CONTROL.search(text):
        raise ValueRefused("wrong_format")
    return text


def _choice(options: Sequence[Option], given: object, held: set[str]) -> str:
    if not isinstance(given, str):
        raise ValueRefused("wrong_type")
    if not any(one.id == given and (not one.archived or given in held) for one in options):
        raise ValueRefused("not_a_choice")
    return given


def _choices(options: Sequence[Option], given: object, now: Value | None) -> Value:
    """In the options' order, each once."""
    if not isinstance(given, list):
        raise ValueRefused("wrong_type")
    if len(given) > len(options):
        raise ValueRefused("too_many")
    chosen = {_choice(options, one, set(now) if isinstance(now, list) else set()) for one in given}
    return [one.id for one in options if one.id in chosen]


def hides(type_: str, *, personal: bool) -> bool:
    """Whether `contact.pii.view` is needed to see a field's values."""
    return personal or type_ in ("phone", "email")


def masked(type_: str, value: Value) -> str:
    """What somebody without `contact.pii.view` gets of a value that `hides`."""
    if isinstance(value, str):
        if type_ == "phone":
            return mask_phone(value)
        if type_ == "email":
            return mask_email(value)
    return MASK


def value_text(type_: str, options: Sequence[Option], value: Value, language: str | None) -> str:
    """As it is written in a message: a day as people of that language write it, a choice by its label."""
    turkish = not (language or "tr").lower().startswith("en")
    labels: Mapping[str, str] = {one.id: one.label for one in options}
    if isinstance(value, bool):
        return ("Evet" if value else "Hayır") if turkish else ("Yes" if value else "No")
    if isinstance(value, int | float):
        written = f"{value:,}"
        return written.translate({44: ".", 46: ","}) if turkish else written
    if isinstance(value, list):
        return ", ".join(labels.get(one, one) for one in value)
    if type_ == "date":
        day = date.fromisoformat(value)
        return f"{day:%d.%m.%Y}" if turkish else f"{day.day} {day:%B} {day.year}"
    return labels.get(value, value) if type_ == "select" else value
