"""Turns planned talks into past threads of the product, and into the same threads as the sandbox remembers them. Pure."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from invekto.channels.adapter import Address, Sender
from invekto.conversations.history import PastFile, PastLine, PastThread
from invekto.entry.demo.dialogues import AGENT, CUSTOMER
from invekto.entry.demo.lines import (
    choice,
    contact_cards,
    content_of,
    happened,
    order,
    pressed,
    reminder,
    sandbox_type,
)
from invekto.entry.demo.media import SampleFile, sample_files
from invekto.entry.demo.people import Person
from invekto.entry.demo.plan import GUEST_TAGS, SERVICE_WINDOW, Talk, Turn

_WITH_FILE: Final = frozenset({"image", "video", "audio", "document", "sticker"})
_QUIET: Final = frozenset({"reaction", "system"})
_PLACES: Final = (
    ("Suadiye", "Bağdat Caddesi 214, Kadıköy", 40.9602, 29.0836),
    ("Moda", "Caferağa Mahallesi, Kadıköy", 40.9812, 29.0262),
    ("Beşiktaş", "Sinanpaşa Mahallesi", 41.0431, 29.0071),
    ("Ataşehir", "Barbaros Mahallesi", 40.9923, 29.1062),
)
_FAILURES: Final = (("recipient_unreachable", "131026"), ("provider_rejected", "131053"))


@dataclass(slots=True)
class Remembered:
    """One thread as the sandbox takes it (control API, history)."""

    person: Person
    messages: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what a firm's threads refer to. `users` and `names` are by user name, `tags` by name, `files` by key."""

    firm: str
    channel_id: UUID
    users: Mapping[str, UUID]
    names: Mapping[str, str]
    tags: Mapping[str, UUID]
    files: Mapping[str, PastFile]
    desk_team: UUID
    guest_team: UUID
    now: datetime


def sender_of(person: Person) -> Sender:
    """As the adapter would name them."""
    addresses = []
    if person.user_id is not None:
        addresses.append(Address(scheme="bsuid", value=person.user_id))
    phone = None if person.phone is None else f"+{person.phone}"
    if phone is not None:
        addresses.append(Address(scheme="phone", value=phone))
    return Sender(addresses=tuple(addresses), display=person.name, phone=phone, username=person.username)


def threads(talks: list[Talk], cast: Cast) -> Iterator[tuple[PastThread, Remembered]]:
    """In the order of `talks`."""
    for number, talk in enumerate(talks):
        yield _Scene(talk, cast, number).played()


class _Scene:
    """One talk on its way into rows."""

    def __init__(self, talk: Talk, cast: Cast, number: int) -> None:
        self._talk = talk
        self._cast = cast
        self._number = number
        self._rng = random.Random(f"{cast.firm} {number}")  # noqa: S311  # sample data, the same each time
        self._chance = random.Random(f"later {cast.firm} {number}")  # noqa: S311  # as above, and moves nothing else
        self._lines: list[PastLine] = []
        self._remembered = Remembered(talk.person)
        self._agent: UUID | None = None if talk.agent is None else cast.users[talk.agent]
        self._agent_name = None if talk.agent is None else cast.names[talk.agent]
        # Tags are put on by the agent, after a first look.
        self._tags = talk.tags if self._agent is not None else []

    def played(self) -> tuple[PastThread, Remembered]:
        talk, cast = self._talk, self._cast
        for turn in talk.turns:
            if turn.who != CUSTOMER:
                self._take(turn.at)
            self._say(turn)
        if self._agent is not None:
            self._take(min(talk.turns[0].at + timedelta(minutes=3), talk.last_at, self._cast.now))
        self._end()
        resolved = talk.outcome == "resolved"
        thread = PastThread(
            channel_id=cast.channel_id,
            sender=sender_of(talk.person),
            lines=self._lines,
            window=SERVICE_WINDOW,
            status=talk.outcome,
            assignee_id=self._agent,
            team_id=cast.guest_team if GUEST_TAGS.intersection(talk.tags) else cast.desk_team,
            resolved_at=talk.ended_at if resolved else None,
            resolved_by_id=self._agent if resolved else None,
            snoozed_until=self._snoozed_until() if talk.outcome == "snoozed" else None,
            tag_ids=[cast.tags[name] for name in self._tags],
            read_by=list(cast.users.values()) if resolved else [],
        )
        return thread, self._remembered

    # Lines of the team ------------------------------------------------------------------------------------------

    def _take(self, at: datetime) -> None:
        """The line that says who has it, before the first thing that they do."""
        if any(line.type == "activity" for line in self._lines):
            return
        moment = max(at - timedelta(seconds=1), self._lines[-1].at if self._lines else at)
        supervisor = self._cast.users["supervisor"]
        answers = any(turn.who == AGENT for turn in self._talk.turns)
        given = self._agent != supervisor and (not answers or self._rng.random() < 0.15)
        self._activity(
            moment,
            supervisor if given else self._agent,
            "assigned",
            by=self._cast.names["supervisor"] if given else self._agent_name,
            to=self._agent_name,
            reason="assigned" if given else "first_answer",
        )

    def _end(self) -> None:
        talk = self._talk
        if self._tags and self._agent is not None:
            self._activity(talk.last_at, self._agent, "tagged", by=self._agent_name, added=self._tags, removed=[])
        if talk.ended_at is None or self._agent is None:
            return
        if talk.outcome == "resolved":
            self._activity(talk.ended_at, self._agent, "resolved", by=self._agent_name)
        elif talk.outcome == "snoozed":
            until = self._snoozed_until()
            shown = None if until is None else until.isoformat()
            self._activity(talk.ended_at, self._agent, "snoozed", by=self._agent_name, until=shown)

    def _activity(self, at: datetime, user_id: UUID | None, action: str, **names: Any) -> None:
        payload = {"action": action, **names}
        self._lines.append(PastLine(at=at, direction="internal", type="activity", payload=payload, user_id=user_id))

    def _snoozed_until(self) -> datetime | None:
        rng = random.Random(f"snooze {self._cast.firm} {self._number}")  # noqa: S311  # asked twice, the same answer
        if rng.random() < 0.25:
            return None
        return self._cast.now + timedelta(hours=rng.uniform(3, 130))

    # Lines of the talk ------------------------------------------------------------------------------------------

    def _say(self, turn: Turn) -> None:
        if turn.who not in (CUSTOMER, AGENT):
            self._lines.append(
                PastLine(at=turn.at, direction="internal", type="note", text=turn.text, user_id=self._agent)
            )
            return
        file = self._file(turn)
        text, payload = self._shown(turn)
        line = PastLine(
            at=turn.at,
            direction="inbound" if turn.who == CUSTOMER else "outbound",
            type=turn.type,
            text=text,
            payload=payload,
            provider_id=self._provider_id(),
            user_id=self._agent if turn.who == AGENT else None,
            file=None if file is None else self._past_file(file, turn.name),
            reply_to=self._quoted(turn),
            quiet=turn.who == CUSTOMER and turn.type in _QUIET,
            **(self._delivery(turn.at) if turn.who == AGENT else {}),
        )
        first = not any(before.direction == line.direction for before in self._lines)
        line = happened(line, self._chance, self._talk.person.language, self._cast.firm, first, self._cast.now)
        self._lines.append(line)
        self._remember(line, turn, file)

    def _provider_id(self) -> str:
        """Shaped like Meta's, and the same each time, so that a second try adds nothing to the sandbox."""
        mark = hashlib.sha256(f"{self._cast.firm} {self._number} {len(self._lines)}".encode()).digest()
        return "wamid." + base64.b64encode(b"HBgM" + mark).decode()

    def _file(self, turn: Turn) -> SampleFile | None:
        if turn.type not in _WITH_FILE:
            return None
        files = sample_files()[turn.type]
        if turn.type == "image":
            # The first is a film, the second a product, the third a card.
            place = 2 if "oliçe" in turn.text else 1 if "odel" in turn.text else 0
            return files[place]
        if turn.type == "document":
            return files[1 if turn.who == AGENT else 0]
        return self._rng.choice(files)

    def _past_file(self, file: SampleFile, name: str | None) -> PastFile:
        stored = self._cast.files[file.key]
        return PastFile(
            kind=stored.kind,
            mime=stored.mime,
            size=stored.size,
            storage_key=stored.storage_key,
            voice=stored.voice,
            name=self._fill_name(name) if file.kind == "document" else None,
        )

    def _fill_name(self, name: str | None) -> str | None:
        return None if name is None else name.replace("{order}", f"S-{10_000 + self._number}")

    def _shown(self, turn: Turn) -> tuple[str | None, Any]:
        """Text and payload as docs/api.md names them."""
        rng, text = self._rng, turn.text or None
        match turn.type:
            case "location":
                name, address, latitude, longitude = rng.choice(_PLACES)
                near = {
                    "latitude": latitude + rng.uniform(-0.01, 0.01),
                    "longitude": longitude + rng.uniform(-0.01, 0.01),
                }
                return None, near | ({"name": name, "address": address} if rng.random() < 0.5 else {})
            case "contacts":
                return None, contact_cards(rng)
            case "interactive" if turn.who == AGENT:
                return text, choice(self._cast.firm, self._talk.person.language)
            case "interactive":
                place = self._place_of(AGENT)
                asked = None if place is None else self._lines[place]
                return text, pressed(text or "", asked)
            case "order":
                return None, order(rng)
            case "reaction":
                return None, {"emoji": text or "👍"}
            case "template":
                person = self._talk.person
                return reminder(person.name.split(" ", maxsplit=1)[0], person.language, turn.name or "")
            case "unsupported":
                return None, {"title": "Message type unknown"}
            case "system":
                number = self._talk.person.phone or "905550130000"
                former = f"{number[:-1]}{(int(number[-1]) + 5) % 10}"
                return None, {"action": "number_changed", "from": f"+{former}", "to": f"+{number}"}
            case _:
                return text, None

    def _place_of(self, who: str) -> int | None:
        direction = "outbound" if who == AGENT else "inbound"
        places = [place for place, line in enumerate(self._lines) if line.direction == direction]
        return places[-1] if places else None

    def _quoted(self, turn: Turn) -> int | None:
        if turn.type == "reaction":
            return self._place_of(AGENT)
        if turn.type == "interactive" and turn.who == CUSTOMER:
            place = self._place_of(AGENT)
            return place if place is not None and self._lines[place].type in ("interactive", "template") else None
        if turn.type != "text" or self._rng.random() > 0.06:
            return None
        return self._place_of(CUSTOMER if turn.who == AGENT else AGENT)

    def _delivery(self, at: datetime) -> dict[str, Any]:
        """How far it came: nearly always to the blue ticks."""
        rng, now = self._rng, self._cast.now
        share = rng.random()
        if share < 0.006:
            code, vendor_code = rng.choice(_FAILURES)
            return {"status": "failed", "error_code": code, "error_vendor_code": vendor_code}
        sent_at = at + timedelta(seconds=rng.uniform(0.3, 1.6))
        delivered_at = sent_at + timedelta(seconds=rng.uniform(0.6, 25))
        read_at = delivered_at + timedelta(seconds=min(rng.lognormvariate(4.2, 1.4), 60_000))
        if share < 0.015 or delivered_at > now:
            return {"status": "sent", "sent_at": min(sent_at, now)}
        if share < 0.10 or read_at > now:
            return {"status": "delivered", "sent_at": sent_at, "delivered_at": delivered_at}
        return {"status": "read", "sent_at": sent_at, "delivered_at": delivered_at, "read_at": read_at}

    # As the sandbox remembers it --------------------------------------------------------------------------------

    def _remember(self, line: PastLine, turn: Turn, file: SampleFile | None) -> None:
        content = content_of(line)
        if content is None or line.revoked_at is not None:
            return
        status = line.status if line.direction == "outbound" else "read" if self._agent is not None else "delivered"
        message: dict[str, Any] = {
            "id": line.provider_id,
            "from": "customer" if turn.who == CUSTOMER else "business",
            "type": sandbox_type(line),
            "content": content,
            "at": line.at.timestamp(),
            "status": status,
        }
        if file is not None:
            message["file"] = file.key
        if line.reply_to is not None:
            message["reply_to"] = self._lines[line.reply_to].provider_id
        self._remembered.messages.append(message)
