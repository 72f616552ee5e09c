"""Who wrote what when: ninety days of a busy firm, the same for the same seed. Pure; writes nothing."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from invekto.conversations.schemas import TagColor
from invekto.entry.demo.dialogues import AGENT, CUSTOMER, LANGUAGES, Block, Saying, blocks
from invekto.entry.demo.people import Person, people

DAYS: Final = 90
ZONE: Final = ZoneInfo("Europe/Istanbul")
AGENTS: Final = ("agent1", "agent2", "agent3")
OPENS, CLOSES = time(9), time(20)
RECENT: Final = timedelta(hours=36)
SERVICE_WINDOW: Final = timedelta(hours=24)
_OPENERS: Final = frozenset({"hatirlatma", "hatirlatma_iptal", "reminder"})
"""Topics that the firm begins, by a template; the others are begun by the customer."""

_CLOSERS: Final = frozenset({"tesekkur", "thanks", "شكر"})
"""Topics that only end a conversation."""

Outcome = Literal["open", "snoozed", "resolved"]

TAGS: Final[Mapping[str, TagColor]] = {
    "Yeni hasta": "teal",
    "VIP": "violet",
    "Fatura": "amber",
    "Acil": "red",
    "Yurt dışı": "blue",
    "Kargo": "grey",
    "Konaklama": "green",
    "Sigorta": "pink",
}
_TAG_OF_TOPIC: Final = {
    "agri": "Acil",
    "pain": "Acil",
    "ألم": "Acil",
    "fatura": "Fatura",
    "invoice": "Fatura",
    "فاتورة": "Fatura",
    "siparis": "Kargo",
    "kargo": "Kargo",
    "iade": "Kargo",
    "order": "Kargo",
    "طلب": "Kargo",
    "oda": "Konaklama",
    "room": "Konaklama",
    "غرفة": "Konaklama",
    "sigorta": "Sigorta",
    "temizlik": "Yeni hasta",
    "checkup": "Yurt dışı",
    "وصول": "Yurt dışı",
    "arrival": "Yurt dışı",
}
_OF_A_HOTEL: Final = frozenset({"oda", "gec_cikis", "room", "غرفة"})
GUEST_TAGS: Final = frozenset({"Yurt dışı", "Konaklama"})
_WEEKDAYS: Final = {
    "tr": ("Pazartesi", "Salı", "Çarşamba", "Perşembe", "Cuma", "Cumartesi", "Pazar"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "ar": ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
}
_ROOMS: Final = {
    "tr": ("deniz odası", "bahçe odası"),
    "en": ("the sea room", "the garden room"),
    "ar": ("غرفة البحر", "غرفة الحديقة"),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of a conversation. `name` is a file's or a template's."""

    at: datetime
    who: str
    type: str
    text: str
    name: str | None = None


@dataclass(slots=True)
class Talk:
    """One conversation. `agent` is None while nobody has answered."""

    person: Person
    turns: list[Turn]
    agent: str | None
    outcome: Outcome = "open"
    ended_at: datetime | None = None
    tags: list[str] = field(default_factory=list)

    @property
    def last_at(self) -> datetime:
        return self.ended_at or self.turns[-1].at


@dataclass(frozen=True, slots=True)
class Firm:
    """How much there is of a firm and what is talked about. `guest_team` answers those who come from afar."""

    slug: str
    name: str
    conversations: int
    people: int
    guest_team: str
    topics: frozenset[str] | None = None
    """None: all but those of a hotel."""


FIRMS: Final = (
    Firm("demo", "Mavera Klinik", 2700, 2050, "Yurt dışı hastalar"),
    Firm(
        "demo2",
        "Lodos Otel",
        300,
        250,
        "Konaklama",
        frozenset(
            [
                "oda",
                "gec_cikis",
                "transfer",
                "kayip",
                "nerede",
                "fatura",
                "tesekkur",
                "room",
                "arrival",
                "invoice",
                "lost",
                "thanks",
                "غرفة",
                "وصول",
                "فاتورة",
                "شكر",
            ]
        ),
    ),
)


def _is_talked_about(firm: Firm, topic: str) -> bool:
    return topic not in _OF_A_HOTEL if firm.topics is None else topic in firm.topics


def tags_of(firm: Firm) -> dict[str, TagColor]:
    """The tags that the firm uses: those of its topics, and those that are of no topic."""
    told = {block.topic for language in LANGUAGES for block in blocks(language) if _is_talked_about(firm, block.topic)}
    elsewhere = set(_TAG_OF_TOPIC.values()) - {tag for topic, tag in _TAG_OF_TOPIC.items() if topic in told}
    return {name: color for name, color in TAGS.items() if name not in elsewhere}


def talks(firm: Firm, now: datetime, agent_names: Mapping[str, str]) -> list[Talk]:
    """The firm's conversations in the order of their beginning. Nothing in them is later than `now`."""
    rng = random.Random(f"invekto {firm.slug}")  # noqa: S311  # sample data, the same each time
    crowd = list(itertools.islice(people(rng, FIRMS.index(firm)), firm.people))
    free_from: dict[Person, datetime] = {}
    latest: dict[Person, Talk] = {}
    found: list[Talk] = []
    for begins_at in _beginnings(rng, now, firm.conversations):
        person = _who(rng, crowd, free_from, begins_at, len(found))
        talk = _talk(rng, firm, person, begins_at, now, agent_names)
        if talk is None:
            continue
        free_from[person] = talk.last_at + timedelta(days=2)
        # A person has one conversation that is not resolved: the last.
        if (earlier := latest.get(person)) is not None and earlier.outcome != "resolved":
            earlier.outcome, earlier.ended_at = "resolved", earlier.last_at + timedelta(hours=1)
            earlier.agent = earlier.agent or rng.choice(AGENTS)
        latest[person] = talk
        found.append(talk)
    return found


def _beginnings(rng: random.Random, now: datetime, count: int) -> list[datetime]:
    """More on recent days and on weekdays; most in the day, some in the evening and a few at night."""
    days = list(range(DAYS))
    today = now.astimezone(ZONE).date()
    weights = [
        (1 + 1.6 * (1 - day / DAYS) ** 2) * (0.45 if (today - timedelta(days=day)).weekday() == 6 else 1)
        for day in days
    ]
    hours = [1, 0, 0, 0, 0, 0, 1, 3, 7, 11, 13, 12, 10, 10, 11, 11, 10, 9, 8, 8, 7, 6, 4, 2]
    made: list[datetime] = []
    while len(made) < count:
        day = rng.choices(days, weights)[0]
        at = time(rng.choices(range(24), hours)[0], rng.randrange(60), rng.randrange(60))
        moment = datetime.combine(today - timedelta(days=day), at, ZONE).astimezone(UTC)
        if moment < now:
            made.append(moment)
    # Today looks alive at every hour: some have just begun.
    made += [now - timedelta(minutes=rng.uniform(1, 150)) for _ in range(max(3, count // 60))]
    return sorted(made)


def _who(
    rng: random.Random, crowd: Sequence[Person], free_from: Mapping[Person, datetime], at: datetime, made: int
) -> Person:
    """Most are new; one in four has written before, if they are not in the middle of a conversation."""
    if made >= len(crowd) or (made > 50 and rng.random() < 0.24):
        for _ in range(40):
            person = crowd[rng.randrange(min(made, len(crowd)))]
            if free_from.get(person, at) <= at:
                return person
    return next((person for person in crowd if person not in free_from), crowd[made % len(crowd)])


def _talk(
    rng: random.Random, firm: Firm, person: Person, begins_at: datetime, now: datetime, agent_names: Mapping[str, str]
) -> Talk | None:
    agent = rng.choices((*AGENTS, "supervisor"), (36, 33, 26, 5))[0]
    filled = _filled(rng, person, agent_names[agent], begins_at)
    chosen = _topics(rng, firm, person.language)
    turns = list(_turns(rng, chosen, filled, begins_at, now))
    if not turns:
        return None
    talk = Talk(person, turns, agent)
    talk.tags = sorted({_TAG_OF_TOPIC[block.topic] for block in chosen if block.topic in _TAG_OF_TOPIC})[:2]
    if rng.random() < 0.03:
        talk.tags.append("VIP")
    _decide(rng, talk, now)
    return talk


def _topics(rng: random.Random, firm: Firm, language: str) -> list[Block]:
    known = [block for block in blocks(language) if _is_talked_about(firm, block.topic)]
    count = rng.choices((1, 2, 3, 4, 6, 12), (32, 34, 20, 9, 4, 1))[0]
    chosen = rng.sample(known, min(count, len(known)))
    if count > len(known):
        chosen += rng.choices(known, k=count - len(known))
    # A conversation begins with a question; a reminder comes to somebody who is known already, thanks come last.
    chosen.sort(key=lambda block: (block.topic in _CLOSERS, block.topic in _OPENERS))
    if chosen[0].topic in _OPENERS | _CLOSERS:
        questions = [block for block in known if block.topic not in _OPENERS | _CLOSERS]
        chosen.insert(0, rng.choice(questions))
    return chosen


def _turns(
    rng: random.Random, chosen: Sequence[Block], filled: Mapping[str, str], begins_at: datetime, now: datetime
) -> Iterator[Turn]:
    at = begins_at
    last_customer_at = begins_at
    for number, block in enumerate(chosen):
        if number:
            at += timedelta(hours=min(rng.lognormvariate(1.6, 1.1), 120))
            if block.topic in _OPENERS:
                at = _in_opening_hours(rng, at)
        for place, saying in enumerate(block.sayings):
            if place or number == 0:
                at = _next_at(rng, at, saying, first=place == 0)
            # Beyond the service window only a template may be sent: the customer has to write first.
            if saying.who == AGENT and saying.type != "template" and at - last_customer_at >= SERVICE_WINDOW:
                break
            if at >= now:
                return
            if saying.who == CUSTOMER:
                last_customer_at = at
                if saying.type in ("sticker", "reaction", "audio") and rng.random() < 0.4:
                    continue
            yield Turn(at, saying.who, saying.type, saying.words(rng, filled), saying.name)


def _next_at(rng: random.Random, at: datetime, saying: Saying, *, first: bool) -> datetime:
    if first:
        return at
    if saying.who == CUSTOMER:
        return at + timedelta(seconds=min(rng.lognormvariate(4.6, 1.0), 14_000))
    answered = at + timedelta(seconds=min(rng.lognormvariate(5.3, 1.1), 20_000))
    return _in_opening_hours(rng, answered)


def _in_opening_hours(rng: random.Random, at: datetime) -> datetime:
    local = at.astimezone(ZONE)
    if OPENS <= local.time() < CLOSES and local.weekday() != 6:
        return at
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    while day.weekday() == 6:
        day += timedelta(days=1)
    return (datetime.combine(day, OPENS, ZONE) + timedelta(minutes=rng.uniform(2, 70))).astimezone(UTC)


def _decide(rng: random.Random, talk: Talk, now: datetime) -> None:
    """How it ended. An old one is resolved, a recent one may wait, sleep or still belong to nobody."""
    last = talk.turns[-1].at
    answered = any(turn.who == AGENT for turn in talk.turns)
    fresh = now - last < RECENT
    if fresh and rng.random() < 0.22:
        # Nobody has answered yet: what the customer wrote first is all there is.
        talk.turns[:] = list(itertools.takewhile(lambda turn: turn.who == CUSTOMER, talk.turns))
        answered = False
    if not answered:
        talk.turns[:] = [turn for turn in talk.turns if turn.who == CUSTOMER]
        # Half of them have been given to somebody already, by the supervisor.
        if rng.random() < 0.5:
            talk.agent = None
    ended_at = last + timedelta(minutes=rng.uniform(4, 240))
    share = rng.random()
    if ended_at < now and answered and share < (0.42 if fresh else 0.965):
        talk.outcome, talk.ended_at = "resolved", ended_at
    elif ended_at < now and answered and share > 0.93:
        talk.outcome, talk.ended_at = "snoozed", ended_at
    elif not answered and not fresh:
        # Somebody closed it without a word: a wrong number, a greeting.
        talk.agent = talk.agent or rng.choice(AGENTS)
        talk.outcome, talk.ended_at = "resolved", min(ended_at, now)


def _filled(rng: random.Random, person: Person, agent_name: str, at: datetime) -> dict[str, str]:
    day = at.astimezone(ZONE).date() + timedelta(days=rng.randrange(2, 9))
    if day.weekday() == 6:
        day += timedelta(days=1)
    return {
        "first": person.name.split(" ", maxsplit=1)[0],
        "agent": agent_name.split(" ", maxsplit=1)[0],
        "day": _WEEKDAYS[person.language][day.weekday()],
        "date": f"{day:%d.%m}",
        "time": f"{rng.randrange(9, 18):02}:{rng.choice((0, 15, 30, 45)):02}",
        "room": rng.choice(_ROOMS[person.language]),
        "order": f"S-{rng.randrange(10_000, 99_999)}",
    }
