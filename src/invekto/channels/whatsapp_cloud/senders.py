"""Who wrote: a message's ids and its contact, in every form that Meta names people in. Sources: README.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import phonenumbers
from msgspec import Raw

from invekto.channels.adapter import Address, Sender
from invekto.channels.whatsapp_cloud.payloads import Contact, Head, Id, Profile, read
from invekto.kernel.text import preview, storable

_NAME_MAX: Final = 120
_PHONE: Final = re.compile(r"\+?([0-9]{5,20})")
_BSUID: Final = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_PARENT_BSUID: Final = re.compile(r"[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}")


@dataclass(frozen=True, slots=True)
class BookEntry:
    contact: Contact
    raw: Raw


@dataclass(slots=True)
class Book:
    """The change's `contacts`, found by the ids that a message names."""

    entries: list[BookEntry] = field(default_factory=list)
    by_id: dict[str, BookEntry] = field(default_factory=dict)

    @classmethod
    def of(cls, raw_contacts: Raw) -> Book:
        book = cls()
        for raw in (read(raw_contacts, list[Raw]) if raw_contacts else None) or ():
            contact = read(raw, Contact)
            if contact is None:
                continue
            entry = BookEntry(contact, raw)
            book.entries.append(entry)
            for key in (contact.user_id, contact.wa_id):
                if key:
                    book.by_id.setdefault(str(key), entry)
        return book

    @property
    def only(self) -> Raw | None:
        return self.entries[0].raw if len(self.entries) == 1 else None

    def entry_of(self, head: Head) -> BookEntry | None:
        """By the business-scoped id first. A single contact belongs to a message whose ids do not speak against it."""
        for key in (head.from_user_id, head.from_):
            if key and (entry := self.by_id.get(str(key))) is not None:
                return entry
        if len(self.entries) != 1:
            return None
        entry = self.entries[0]
        stranger = head.from_user_id and entry.contact.user_id and str(head.from_user_id) != str(entry.contact.user_id)
        return None if stranger else entry


def addresses_of(head: Head, contact: Contact) -> tuple[Address, ...]:
    """Every form of address given, in order of trust: a number may change hands."""
    given = [head.from_user_id, contact.user_id, head.from_, contact.wa_id]
    parents = [head.from_parent_user_id, contact.parent_user_id, *given]
    bsuid = _first(given, _BSUID) or _named(head.from_user_id) or _named(contact.user_id)
    parent = _first(parents, _PARENT_BSUID)
    phone = next((_phone(match[1]) for one in (head.from_, contact.wa_id) if (match := _match(one, _PHONE))), None)
    return tuple(
        Address(scheme=scheme, value=value)
        for scheme, value in (("bsuid", bsuid), ("parent_bsuid", parent), ("phone", phone))
        if value
    )


def sender_of(head: Head, contact: Contact | None) -> Sender | None:
    """None when the message names nobody. The business-scoped id is trusted before a number, which may change hands."""
    contact = contact or Contact()
    addresses = addresses_of(head, contact)
    if not addresses:
        return None
    phone = next((one.value for one in addresses if one.scheme == "phone"), None)
    profile = contact.profile or Profile()
    username = preview(profile.username or "", _NAME_MAX) or None
    name = preview(profile.name or "", _NAME_MAX)
    return Sender(
        addresses=addresses,
        display=name or username or phone or addresses[0].value,
        phone=phone,
        username=username,
    )


def digits_of(number: object) -> str | None:
    """The digits of a number as people write it, or None when it is none."""
    digits = "".join(filter(str.isdecimal, str(number or "")))
    return digits if 5 <= len(digits) <= 20 else None


def _match(given: Id, pattern: re.Pattern[str]) -> re.Match[str] | None:
    return pattern.fullmatch(str(given)) if given else None


def _first(given: Sequence[Id], pattern: re.Pattern[str]) -> str | None:
    return next((str(one) for one in given if _match(one, pattern)), None)


def _named(given: Id) -> str | None:
    """An id in the field made for it, of a form we do not know yet. A number in it is a number, a parent is a parent."""
    if not given or _match(given, _PHONE) or _match(given, _PARENT_BSUID):
        return None
    return storable(str(given))[:200]


@lru_cache(maxsize=20_000)
def _phone(digits: str) -> str:
    """E.164. WhatsApp's own digits stay as they are where the numbering plan does not know them."""
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return f"+{digits}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
