"""How text becomes words that can be found, the same for what is kept and for what is asked, and where they stand in it.

Folding is `kernel.text.search_key`'s. Knows no table: see indexing and asking.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from invekto.accounts.masking import country_code
from invekto.kernel.text import search_key

WORD_MAX: Final = 40
"""A longer word is kept, and asked for, by its beginning."""
NUMBER_PART_MIN: Final = 3
"""So many digits of a person's number find them, wherever in the number they stand."""
_NUMBER_MIN, _NUMBER_MAX = 7, 20
# Digits as people write numbers: +90 (532) 111-22-33. A line's end ends a number.
_NUMBER: Final = re.compile(r"[+(]?\d(?:[ \u00a0().\-/]{0,3}\d){4,}")
_AROUND_DIGITS: Final = frozenset("+().-/")
_PLAIN: Final = re.compile(r"[^\W_]+")
# Within a word though they are no letters: a soft hyphen and the two joiners.
_WITHIN: Final = "\u00ad\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word and the characters of the text that it stands for."""

    key: str
    start: int
    end: int


@cache
def _words() -> re.Pattern[str]:
    """Letters and digits with the accents that follow them: "i\u0307" and vowelled Arabic are one word each."""
    marks = [code for code in range(0x300, min(0x1E000, sys.maxunicode)) if unicodedata.category(chr(code))[0] == "M"]
    ranges: list[str] = []
    start = previous = marks[0]
    for code in [*marks[1:], -1]:
        if code != previous + 1:
            ranges.append(f"{chr(start)}-{chr(previous)}")
            start = code
        previous = code
    return re.compile(rf"[^\W_](?:[^\W_]|[{''.join(ranges)}{_WITHIN}])*")


def words_of(text: str) -> Iterator[Word]:
    """The words of a text in their order. What folds to several words stands for the same characters each time."""
    if text.isascii():
        for found in _PLAIN.finditer(text):
            yield Word(found[0].lower()[:WORD_MAX], found.start(), found.end())
        return
    for found in _words().finditer(text):
        for key in _PLAIN.findall(search_key(found[0])):
            yield Word(key[:WORD_MAX], found.start(), found.end())


def digits_of(text: str) -> str:
    """Only the digits, as ASCII."""
    return "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())


def is_number(text: str) -> bool:
    """Whether nothing but a telephone number, or a part of one, was written."""
    if not all(char.isdecimal() or char.isspace() or char in _AROUND_DIGITS for char in text):
        return False
    return len(digits_of(text)) >= NUMBER_PART_MIN


def dialled(digits: str) -> str:
    """Without what only a dialler needs: 0090 532 ... and 0532 ... find +90 532 ..."""
    return digits.removeprefix("00").lstrip("0") or digits


def _national(typed: str, digits: str) -> str:
    """Without the country's code where one was typed as such, because at home nobody writes it."""
    if not typed.lstrip(" (").startswith(("+", "00")):
        return digits
    code = country_code(digits)
    return digits[len(code) :] if len(digits) - len(code) >= NUMBER_PART_MIN else digits


def numbers_of(text: str) -> Iterator[Word]:
    """Telephone numbers within a text, as digits."""
    for found in _NUMBER.finditer(text):
        digits = digits_of(found[0])
        if _NUMBER_MIN <= len(digits) <= _NUMBER_MAX:
            yield Word(digits, found.start(), found.end())


def endings(digits: str, shortest: int) -> Iterator[str]:
    """Every ending of at least `shortest` digits: what a number contains is how one of them begins."""
    return (digits[start:] for start in range(len(digits) - shortest + 1))


# What is asked ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must stand one after the other; `begins`: the last may go on. `digits`: or a number that holds these."""

    words: tuple[str, ...]
    begins: bool = False
    digits: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """All of `terms` must be found. `number`: nothing but these digits, (a part of) a number, was typed."""

    terms: tuple[Term, ...]
    number: str = ""

    @property
    def empty(self) -> bool:
        return not self.terms

    @property
    def word_count(self) -> int:
        return sum(len(term.words) + bool(term.digits) for term in self.terms)


_QUOTED: Final = re.compile(r'["“”„«]([^"“”„«»]*)["“”»]')


def ask(query: str) -> Asked:
    """What somebody typed: words, the last of which may go on, "quoted phrases", or a number in any format."""
    if is_number(query):
        digits = dialled(digits_of(query))
        words = tuple(word.key for word in words_of(query))
        if len(digits) >= NUMBER_PART_MIN:
            return Asked((Term(words, begins=True, digits=_national(query, digits)),), number=digits)
    terms: list[Term] = []
    place = 0
    for quoted in [*_QUOTED.finditer(query), None]:
        before = query[place : quoted.start() if quoted else len(query)]
        terms += [Term((word.key,), digits=_part_of_number(word.key)) for word in words_of(before)]
        if quoted is not None:
            phrase = tuple(word.key for word in words_of(quoted[1]))
            terms += [Term(phrase)] if phrase else []
            place = quoted.end()
    if terms and not query.rstrip().endswith(('"', "”", "»")):
        last = terms[-1]
        terms[-1] = Term(last.words, begins=True, digits=last.digits)
    return Asked(tuple(dict.fromkeys(terms)))


def _part_of_number(word: str) -> str:
    return dialled(word) if word.isdecimal() and len(dialled(word)) >= NUMBER_PART_MIN else ""


# Where it stands --------------------------------------------------------------------------------------------------


def found_in(text: str, asked: Asked) -> tuple[list[tuple[int, int]], set[Term]]:
    """Ranges (start, end) of `text`, in characters, that answer a term, in order and without overlaps; which terms they are."""
    words = list(words_of(text))
    numbers = list(numbers_of(text)) if any(term.digits for term in asked.terms) else []
    ranges: list[tuple[int, int]] = []
    answered: set[Term] = set()
    for term in asked.terms:
        here = _term_in(words, term)
        if term.digits:
            here += [(number.start, number.end) for number in numbers if term.digits in number.key]
        ranges += here
        if here:
            answered.add(term)
    return _without_overlaps(ranges), answered


def _term_in(words: Sequence[Word], term: Term) -> list[tuple[int, int]]:
    wanted = term.words
    found = []
    for place in range(len(words) - len(wanted) + 1 if wanted else 0):
        last = words[place + len(wanted) - 1]
        if not (last.key.startswith(wanted[-1]) if term.begins else last.key == wanted[-1]):
            continue
        if all(words[place + step].key == key for step, key in enumerate(wanted[:-1])):
            found.append((words[place].start, last.end))
    return found


def _without_overlaps(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
