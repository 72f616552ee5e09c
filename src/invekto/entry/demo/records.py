"""What the sample firms keep about people: fields of their own, what stands in them, and notes. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from invekto.contacts.field_types import FieldType
from invekto.entry.demo.people import Person
from invekto.entry.demo.plan import Firm, Talk

_FILLED: Final = 0.7
_NOTED: Final = 0.22


@dataclass(frozen=True, slots=True)
class SampleField:
    """`share` of the people with anything have this; `samples` are labels of options, or values."""

    label: str
    type: FieldType
    share: float
    samples: tuple[str, ...] = ()
    personal: bool = False


FIELDS: Final[Mapping[str, tuple[SampleField, ...]]] = {
    "demo": (
        SampleField(
            "Tedavi",
            "multi_select",
            0.8,
            ("Zirkonyum", "İmplant", "Ortodonti", "Beyazlatma", "Dolgu", "Kanal tedavisi", "Gülüş tasarımı"),
        ),
        SampleField("Hekim", "select", 0.7, ("Dt. Sarp Eren", "Dt. Işıl Toprak", "Uzm. Dt. Bora Çınar")),
        SampleField("Bütçe", "number", 0.5),
        SampleField("Tercih edilen saat", "select", 0.6, ("Sabah", "Öğleden sonra", "Akşam", "Hafta sonu")),
        SampleField(
            "Alerji", "text", 0.15, ("Penisilin", "Lokal anestezi hassasiyeti", "Lateks", "Aspirin"), personal=True
        ),
        SampleField("Kaynak", "select", 0.8, ("Instagram reklamı", "Google", "Tavsiye", "Eski hasta", "Tabela")),
        SampleField("Doğum tarihi", "date", 0.4, personal=True),
        SampleField("Web sitesi", "url", 0.05, ("https://ornek.example/hakkimda", "https://atolye.example")),
    ),
    "demo2": (
        SampleField("Oda tercihi", "select", 0.8, ("Deniz tarafı", "Bahçe tarafı", "Aile odası", "Fark etmez")),
        SampleField("Kişi sayısı", "number", 0.7),
        SampleField("Giriş tarihi", "date", 0.5),
        SampleField("Çocukla geliyor", "boolean", 0.5),
        SampleField("Özel istek", "text", 0.3, ("Bebek yatağı", "Sessiz kat", "Erken kahvaltı", "Vejetaryen menü")),
        SampleField("E-posta", "email", 0.3),
    ),
}
_NOTES: Final[Mapping[str, tuple[str, ...]]] = {
    "demo": (
        "Doğal ton istiyor, çok beyaz olmasın. Diş hekimi korkusu var; sedasyon sorulabilir.",
        "Telefonla aranmasın, yazışmayı tercih ediyor.",
        "Eşi de hastamız; randevuları aynı güne verilirse sevinir.",
        "Taksit seçeneklerini sordu, karar vermek için hafta sonunu bekliyor.",
        "Yurt dışından geliyor: iki günlük plan yapılmalı.",
        "Geçen randevuda yarım saat bekledi; bir dahaki sefere önce alınsın.",
    ),
    "demo2": (
        "Her yaz aynı odayı istiyor: 204.",
        "Geç geliyor, resepsiyona haber verilsin.",
        "Fatura şirket adına kesilecek.",
    ),
}


@dataclass(slots=True)
class Record:
    """One person's card. `values` by the field's label, choices by their labels; notes as (who, text, when)."""

    person: Person
    values: dict[str, str | int | bool | list[str]] = field(default_factory=dict)
    notes: list[tuple[str, str, datetime]] = field(default_factory=list)


def records(firm: Firm, talks: Sequence[Talk], now: datetime) -> list[Record]:
    """Cards of the people who have one, the same each time. No note is older than the talk or later than `now`."""
    found = []
    last: dict[Person, Talk] = {talk.person: talk for talk in talks}
    for number, (person, talk) in enumerate(last.items()):
        rng = random.Random(f"card {firm.slug} {number}")  # noqa: S311  # sample data, the same each time
        record = Record(person)
        if rng.random() < _FILLED:
            record.values = {
                one.label: _value(rng, one, now, number) for one in FIELDS[firm.slug] if rng.random() < one.share
            }
        if talk.agent is not None and rng.random() < _NOTED:
            at = min(now, talk.turns[0].at + timedelta(minutes=rng.randint(5, 600)))
            record.notes.append((talk.agent, rng.choice(_NOTES[firm.slug]), at))
        if record.values or record.notes:
            found.append(record)
    return found


def _value(rng: random.Random, one: SampleField, now: datetime, number: int) -> str | int | bool | list[str]:
    match one.type:
        case "multi_select":
            chosen = rng.sample(one.samples, rng.choice((1, 1, 2)))
            return [label for label in one.samples if label in chosen]
        case "number":
            return rng.randint(1, 5) if one.label == "Kişi sayısı" else rng.randint(4, 120) * 1_000
        case "date" if one.personal:
            return f"{rng.randint(1950, 2004)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        case "date":
            return (now + timedelta(days=rng.randint(3, 90))).date().isoformat()
        case "boolean":
            return rng.random() < 0.4
        case "email":
            return f"konuk{number}@posta.example"
        case _:
            return rng.choice(one.samples)
