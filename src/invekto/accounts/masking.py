"""What is left of a personal value for a viewer without `contact.pii.view`. Done on the server, wherever it goes."""

from __future__ import annotations

import re
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

_LOOKS_LIKE_PHONE: Final = re.compile(r"[+(]?[\d\s().\-/]+")
_DIGITS_MIN: Final = 7


def mask_phone(phone: str) -> str:
    """`+905551234518` -> `+90 555 *** ** 18`: enough to tell two callers apart, not enough to call. The length is hidden."""
    digits = "".join(char for char in phone if char.isdecimal())
    if len(digits) < _DIGITS_MIN:
        return "*** **"
    code = country_code(digits) if phone.strip().startswith("+") else ""
    if not code:
        return f"*** ** {digits[-2:]}"
    rest = digits[len(code) :]
    area = f" {rest[:3]}" if len(rest) > _DIGITS_MIN else ""
    return f"+{code}{area} *** ** {digits[-2:]}"


def mask_name(name: str) -> str:
    """A contact nobody named is called by the number: that name is masked like one. Any other name stays."""
    if _LOOKS_LIKE_PHONE.fullmatch(name.strip()) and sum(char.isdecimal() for char in name) >= _DIGITS_MIN:
        return mask_phone(name)
    return name


def mask_email(address: str) -> str:
    """`elif@example.com` -> `e***@***.com`."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}***@***.{domain.rpartition('.')[2]}"


def country_code(digits: str) -> str:
    """The calling code an international number begins with; no code is the beginning of another one."""
    for length in (1, 2, 3):
        if int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE:
            return digits[:length]
    return ""
