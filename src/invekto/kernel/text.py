"""How text is folded for search, ordered for lists and shortened for previews. Turkish first.

PostgreSQL here has no ICU and its `lower` folds neither dotted nor dotless i as a Turk does, so the keys are made by
these functions, stored in columns, and the query's words go through the same function. Keys are for comparing only.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

# Letters that Unicode does not decompose, and Arabic and Persian spellings that people mix.
_SPECIAL: Final = {
    "ı": "i", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ŋ": "n",
    "ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "ٱ": "ا", "ـ": "",
}  # fmt: skip
_MEMO_END: Final = 0x3000
# Latin with its accents, Greek, Cyrillic and Arabic; the rest is found as it is written.
_SPELLED_UP_TO: Final = 0x0700
_MARKS: Final = "[\u0300-\u036f\u064b-\u065f]*"
_NOT_SLUG: Final = re.compile(r"[^0-9a-z]+")
_SLUG_MAX: Final = 63
# In code point order these stand behind the plain letter and everything that begins with it, which is their place
# in the alphabet: ... c ç d ... g ğ h ı i j ... o ö ... s ş ... u ü ...
_TURKISH_ORDER: Final = {"ç": "c~", "ğ": "g~", "ı": "i", "i": "i~", "ö": "o~", "ş": "s~", "ü": "u~"}
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_LOOKED_AT_PER_CHAR: Final = 4
_DIRECTION_CONTROLS: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_JOINS_BEFORE: Final = ("\u200d", "\ufe0e", "\ufe0f")


def _fold_char(char: str) -> str:
    """One character as it is searched for: compatibility form, lower case, no accent, ASCII digits."""
    folded: list[str] = []
    for part in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold()):
        category = unicodedata.category(part)
        if part.isspace() or category == "Cc":
            folded.append(" ")
        elif category == "Nd":
            folded.append(str(unicodedata.decimal(part)))
        elif unicodedata.combining(part) == 0 and category not in ("Cf", "Cs"):
            folded.append(_SPECIAL.get(part, part))
    return "".join(folded)


class _Folding(dict[int, str]):
    """A `str.translate` table that fills itself, for the alphabets below U+3000 only, so that it stays small."""

    def __missing__(self, code_point: int) -> str:
        folded = _fold_char(chr(code_point))
        if code_point < _MEMO_END:
            self[code_point] = folded
        return folded


_folding = _Folding()


def search_key(text: str) -> str:
    """`text` as it is searched for: İ, I, ı and i are one letter, accents are off, white space is one blank.

    Folding a key gives the same key. Empty when nothing can be searched for.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())
    # A key is folded twice because a fold can give a sequence that composes differently (U+0345 and its like).
    once = unicodedata.normalize("NFKC", text.translate(_folding))
    return " ".join(unicodedata.normalize("NFC", once.translate(_folding)).split())


@cache
def _spellings() -> dict[str, str]:
    """For each folded letter the letters that fold to it, as the inside of a bracket of a regular expression."""
    found: dict[str, list[str]] = {}
    for code_point in range(0x21, _SPELLED_UP_TO):
        folded = _folding[code_point]
        if len(folded) == 1 and folded.isalnum():
            found.setdefault(folded, []).append(chr(code_point))
    return {letter: "".join(letters) for letter, letters in found.items()}


def search_pattern(key: str) -> str:
    """A regular expression of PostgreSQL (case-sensitive `~`) that finds a `search_key` within text as it was written.

    For texts without a key column of their own: reading few of them costs less than keeping a key for all. Letters
    that fold to two (ß, æ) are found as they are written only.
    """
    spelled = _spellings()
    pattern: list[str] = []
    for char in key:
        if char.isspace():
            pattern.append(r"\s+")
        elif char.isalnum():
            pattern.append(f"[{spelled.get(char, char)}]{_MARKS}")
        else:
            pattern.append(f"\\{char}" if char.isascii() else char)
    return "".join(pattern)


def sort_key(text: str) -> str:
    """A key whose code point order (collation "C") is the order of the Turkish alphabet.

    Case, punctuation and accents other than the Turkish ones do not count; digits come before letters.
    """
    lowered = unicodedata.normalize("NFC", text.replace("İ", "i").replace("I", "ı")).lower()
    key: list[str] = []
    for char in lowered:
        turkish = _TURKISH_ORDER.get(char)
        if turkish is not None:
            key.append(turkish)
            continue
        key.extend("i~" if part == "i" else part if part.isalnum() else " " for part in search_key(char))
        if char.isspace() or not char.isprintable():
            key.append(" ")
    return " ".join("".join(key).split())


def slug(text: str) -> str:
    """A firm's name as typed at sign-in: `Klinik Şifa` -> `klinik-sifa`. Empty when no Latin letter or digit is left."""
    return _NOT_SLUG.sub("-", search_key(text)).strip("-")[:_SLUG_MAX].rstrip("-")


def storable(text: str) -> str:
    """`text` as PostgreSQL can keep it: NUL and lone surrogates, which JSON admits, become U+FFFD."""
    if "\0" not in text:
        try:
            text.encode()
        except UnicodeEncodeError:
            pass  # a lone surrogate: replaced below
        else:
            return text
    return _UNSTORABLE.sub("\ufffd", text)


def preview(text: str, length: int) -> str:
    """One line of at most `length` characters; cut ones end in "…". No emoji or accent is cut in half.

    Direction controls are dropped, because one of them could turn the rest of the list's row around.
    """
    # A message may have thousands of characters; those behind this many cannot reach the line.
    looked_at = max(length, 1) * _LOOKED_AT_PER_CHAR
    start = text.lstrip()[: looked_at + 1]
    cleaned = " ".join(_DIRECTION_CONTROLS.sub("", storable(start)).split())
    if not cleaned.isprintable():
        shown = "".join(c if c.isprintable() or c in _JOINS_BEFORE else " " for c in cleaned)
        cleaned = " ".join(shown.split())
    if len(cleaned) <= length and len(start) <= looked_at:
        return cleaned
    end = start_of_character(cleaned, min(max(length - 1, 0), len(cleaned)))
    return cleaned[:end].rstrip() + "…"


def start_of_character(text: str, at: int) -> int:
    """`at`, or the place before it where the character begins that a cut there would split."""
    while 0 < at < len(text) and _continues(text, at):
        at -= 1
    return at


def _continues(line: str, at: int) -> bool:
    """Whether a cut before `line[at]` would split what is seen as one character."""
    char, before = line[at], line[at - 1]
    return (
        unicodedata.combining(char) != 0
        or char in _JOINS_BEFORE
        or before == "\u200d"
        or 0x1F3FB <= ord(char) <= 0x1F3FF
        or (_is_flag_half(char) and _is_flag_half(before) and _flag_halves_before(line, at) % 2 == 1)
    )


def _is_flag_half(char: str) -> bool:
    return 0x1F1E6 <= ord(char) <= 0x1F1FF


def _flag_halves_before(line: str, at: int) -> int:
    start = at
    while start > 0 and _is_flag_half(line[start - 1]):
        start -= 1
    return at - start
