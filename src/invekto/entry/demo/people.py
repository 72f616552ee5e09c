"""Invented people who write to the sample firms. Numbers come from ranges that no real person has, where there are any."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TR_FIRST: Final = [
    "Ayşe",
    "Fatma",
    "Zeynep",
    "Elif",
    "Merve",
    "Büşra",
    "Esra",
    "Hatice",
    "Emine",
    "Gülşah",
    "İrem",
    "Selin",
    "Ece",
    "Derya",
    "Pınar",
    "Özge",
    "Tuğba",
    "Sevgi",
    "Nazlı",
    "Şeyma",
    "Ceren",
    "Damla",
    "Gizem",
    "Hande",
    "Melis",
    "Aslı",
    "Begüm",
    "Çiğdem",
    "Dilara",
    "Ebru",
    "Mehmet",
    "Mustafa",
    "Ahmet",
    "Ali",
    "Hüseyin",
    "Hasan",
    "İbrahim",
    "Murat",
    "Emre",
    "Burak",
    "Can",
    "Cem",
    "Deniz",
    "Efe",
    "Furkan",
    "Gökhan",
    "Hakan",
    "İsmail",
    "Kaan",
    "Kerem",
    "Levent",
    "Onur",
    "Özgür",
    "Serkan",
    "Şahin",
    "Tolga",
    "Umut",
    "Volkan",
    "Yiğit",
    "Yusuf",
    "Zafer",
    "Oğuz",
    "Barış",
    "Çağlar",
]
_TR_LAST: Final = [
    "Yılmaz",
    "Kaya",
    "Demir",
    "Çelik",
    "Şahin",
    "Yıldız",
    "Yıldırım",
    "Öztürk",
    "Aydın",
    "Özdemir",
    "Arslan",
    "Doğan",
    "Kılıç",
    "Aslan",
    "Çetin",
    "Kara",
    "Koç",
    "Kurt",
    "Özkan",
    "Şimşek",
    "Polat",
    "Korkmaz",
    "Özer",
    "Güneş",
    "Aksoy",
    "Bozkurt",
    "Tekin",
    "Erdoğan",
    "Şen",
    "Ünal",
    "Güler",
    "Yavuz",
    "Işık",
    "Tunç",
    "Sarı",
    "Uçar",
    "Ateş",
    "Bulut",
    "Ergin",
    "Karaca",
    "Şenol",
    "Turan",
    "Uysal",
    "Keskin",
    "Akgün",
    "Gök",
    "Çakır",
    "Toprak",
    "Soylu",
    "Başaran",
]
_EN_FIRST: Final = [
    "Emma",
    "Olivia",
    "Charlotte",
    "Amelia",
    "Sophie",
    "Hannah",
    "Laura",
    "Julia",
    "Anna",
    "Marie",
    "Ingrid",
    "Freya",
    "Nora",
    "Clara",
    "Helen",
    "Oliver",
    "James",
    "William",
    "Thomas",
    "Henry",
    "Lukas",
    "Jonas",
    "Felix",
    "Paul",
    "Peter",
    "Erik",
    "Lars",
    "Daniel",
    "Martin",
    "Andrew",
]
_EN_LAST: Final = [
    "Smith",
    "Taylor",
    "Brown",
    "Wilson",
    "Evans",
    "Walker",
    "Hughes",
    "Fischer",
    "Weber",
    "Schneider",
    "Hoffmann",
    "Becker",
    "Keller",
    "Jansen",
    "de\xa0Vries",
    "Bakker",
    "Larsen",
    "Nilsson",
    "Berg",
    "Lindqvist",
    "O'Connor",
    "Murphy",
    "Novak",
    "Kowalski",
    "Rossi",
    "Dubois",
    "Martin",
    "Laurent",
]
_AR_FIRST: Final = [
    "محمد",
    "أحمد",
    "خالد",
    "عبدالله",
    "سلطان",
    "فهد",
    "يوسف",
    "عمر",
    "علي",
    "حسن",
    "فاطمة",
    "مريم",
    "نورة",
    "سارة",
    "هند",
    "ليلى",
    "عائشة",
    "ريم",
    "منى",
    "دانة",
]
_AR_LAST: Final = [
    "المنصوري",
    "الحربي",
    "العتيبي",
    "القحطاني",
    "الهاشمي",
    "السالم",
    "الكعبي",
    "الزهراني",
    "الشمري",
    "النعيمي",
    "البلوشي",
    "الدوسري",
]

# name of the language -> (share, prefixes with the number of digits that follow)
_PHONES: Final = {
    "tr": ("90555010{:04}", "90555011{:04}", "90555012{:04}"),
    "en": ("447700900{:03}", "4915550{:06}", "1202555{:04}", "31655{:06}"),
    "ar": ("97155501{:04}", "96655501{:04}", "96555501{:03}", "97455501{:03}"),
}
_SHARES: Final = (("tr", 72), ("en", 17), ("ar", 11))


@dataclass(frozen=True, slots=True)
class Person:
    """A customer. Without `phone` they hide their number and are known by `user_id`, the business-scoped id, only."""

    name: str
    language: str
    phone: str | None
    user_id: str | None
    username: str | None


def people(rng: random.Random, crowd: int) -> Iterator[Person]:
    """An endless crowd without two equal numbers. No number is in both crowd 0 and crowd 1."""
    languages = [language for language, share in _SHARES for _ in range(share)]
    used: set[str] = set()
    number = crowd * 100_000
    while True:
        number += 1
        language = rng.choice(languages)
        name = _name(rng, language)
        if number % 25 == 0:
            # One in 25 has a user name and hides the number.
            country = {"tr": "TR", "en": "GB", "ar": "AE"}[language]
            yield Person(name, language, None, f"{country}.{10**15 + number}", _username(rng, number))
            continue
        phone = _phone(rng, language, crowd)
        while phone in used:
            phone = _phone(rng, language, crowd)
        used.add(phone)
        yield Person(name, language, phone, None, None)


def _name(rng: random.Random, language: str) -> str:
    first, last = {"tr": (_TR_FIRST, _TR_LAST), "en": (_EN_FIRST, _EN_LAST), "ar": (_AR_FIRST, _AR_LAST)}[language]
    name = f"{rng.choice(first)} {rng.choice(last)}".replace("\u00a0", " ")
    # Profiles are as people write them.
    style = rng.random()
    if style < 0.06:
        return name.split(" ", maxsplit=1)[0]
    if style < 0.09 and language != "ar":
        return name.lower() if language == "en" else name
    if style < 0.13:
        return f"{name} {rng.choice(['🌸', '⚽', '🌿', '🐾'])}"
    return name


def _phone(rng: random.Random, language: str, crowd: int) -> str:
    shape = rng.choice(_PHONES[language])
    digits = int(shape.rsplit("{:0", 1)[1].rstrip("}"))
    return shape.format(rng.randrange(crowd, 10**digits, 2))


def _username(rng: random.Random, number: int) -> str:
    return f"{rng.choice(['deniz', 'atlas', 'nehir', 'toprak', 'ruzgar', 'leyla'])}.{number}"
