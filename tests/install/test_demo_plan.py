"""The sample talks: as many as promised, of every kind, possible in time, and nothing that advertising law forbids."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from invekto.contacts.field_types import CHOOSING, Option, parse_value
from invekto.conversations.history import PastFile, PastLine
from invekto.conversations.models import MESSAGE_TYPES
from invekto.entry.demo.dialogues import AGENT, CUSTOMER, LANGUAGES, blocks
from invekto.entry.demo.media import sample_files
from invekto.entry.demo.people import Person
from invekto.entry.demo.plan import DAYS, FIRMS, SERVICE_WINDOW, TAGS, Firm, Talk, tags_of, talks
from invekto.entry.demo.records import FIELDS, records
from invekto.entry.demo.threads import Cast, threads
from invekto.kernel.ids import uuid7

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NAMES = {"agent1": "Selin Acar", "agent2": "Mert Yalçın", "agent3": "Rania Haddad", "supervisor": "Deniz Aktaş"}
FORBIDDEN = re.compile(
    r"indirim|kampanya|fırsat|ücretsiz|bedava|garanti|öncesi|önce.sonra|en iyi|en ucuz|discount|free of charge|guarantee"
    r"|before.and.after|best price|special offer|خصم|عرض خاص|ضمان|مجان",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def planned() -> dict[str, list[Talk]]:
    return {firm.slug: talks(firm, NOW, NAMES) for firm in FIRMS}


def test_there_are_about_3000_conversations_with_40000_messages(planned: dict[str, list[Talk]]) -> None:
    every = [talk for found in planned.values() for talk in found]
    assert 2_900 <= len(every) <= 3_200
    assert 38_000 <= sum(len(talk.turns) for talk in every) <= 43_000


def test_every_type_of_message_and_each_language_is_there(planned: dict[str, list[Talk]]) -> None:
    types = Counter(turn.type for talk in planned["demo"] for turn in talk.turns)
    made_elsewhere = {"note", "activity"}
    assert set(types) == set(MESSAGE_TYPES) - made_elsewhere
    assert min(types.values()) > 50
    assert {talk.person.language for talk in planned["demo"]} == set(LANGUAGES)
    assert set(sample_files()) == {"image", "video", "audio", "document", "sticker"}


def test_it_is_the_same_each_time_and_moves_with_the_day(planned: dict[str, list[Talk]]) -> None:
    again = talks(FIRMS[1], NOW, NAMES)
    assert [(talk.person, talk.turns) for talk in again] == [(talk.person, talk.turns) for talk in planned["demo2"]]
    later = talks(FIRMS[1], NOW + timedelta(days=30), NAMES)
    assert NOW + timedelta(days=29) < max(talk.last_at for talk in later) <= NOW + timedelta(days=30)


def test_nothing_is_later_than_now_or_older_than_ninety_days_and_recent_days_are_fuller(
    planned: dict[str, list[Talk]],
) -> None:
    every = [talk for found in planned.values() for talk in found]
    moments = [turn.at for talk in every for turn in talk.turns]
    assert max(moments) <= NOW
    assert max(talk.last_at for talk in every) <= NOW
    assert min(moments) >= NOW - timedelta(days=DAYS + 1)
    first_month = sum(moment < NOW - timedelta(days=60) for moment in moments)
    last_month = sum(moment > NOW - timedelta(days=30) for moment in moments)
    assert last_month > 1.4 * first_month


def test_turns_are_in_order_and_nobody_answers_outside_the_service_window_but_by_template(
    planned: dict[str, list[Talk]],
) -> None:
    for found in planned.values():
        for talk in found:
            assert talk.turns[0].who == CUSTOMER
            heard_at = talk.turns[0].at
            for before, turn in zip(talk.turns, talk.turns[1:], strict=False):
                assert before.at <= turn.at
                if turn.who == CUSTOMER:
                    heard_at = turn.at
                elif turn.who == AGENT and turn.type != "template":
                    assert turn.at - heard_at < SERVICE_WINDOW


def test_a_person_has_one_conversation_at_a_time_and_only_the_last_may_be_unresolved(
    planned: dict[str, list[Talk]],
) -> None:
    for found in planned.values():
        latest: dict[Person, Talk] = {}
        for talk in found:
            before = latest.get(talk.person)
            if before is not None:
                assert before.outcome == "resolved"
                assert before.last_at < talk.turns[0].at
            latest[talk.person] = talk


def test_the_inbox_is_alive(planned: dict[str, list[Talk]]) -> None:
    open_now = [talk for talk in planned["demo"] if talk.outcome == "open"]
    assert 80 <= len(open_now) <= 250
    assert sum(talk.agent is None for talk in open_now) >= 15
    assert sum(talk.turns[-1].who == CUSTOMER for talk in open_now) >= 40
    assert sum(NOW - talk.turns[-1].at < timedelta(hours=3) for talk in open_now) >= 10
    assert sum(talk.outcome == "snoozed" for talk in planned["demo"]) >= 20
    for user in ("agent1", "agent2", "agent3"):
        assert sum(talk.agent == user for talk in open_now) >= 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_promises_discounts_results_or_comparisons(language: str) -> None:
    for block in blocks(language):
        for saying in block.sayings:
            for text in saying.variants:
                assert not FORBIDDEN.search(text), text


def test_a_clinic_lets_no_rooms(planned: dict[str, list[Talk]]) -> None:
    said = [turn.text for talk in planned["demo"] for turn in talk.turns]
    assert not [
        text for text in said if re.search(r"odanız|deniz tarafı|sea side|quiet room|غرفة عائلية", text, re.IGNORECASE)
    ]
    assert "Konaklama" not in tags_of(FIRMS[0])
    assert {"Konaklama", "VIP"} <= tags_of(FIRMS[1]).keys()
    for firm in FIRMS:
        assert {tag for talk in planned[firm.slug] for tag in talk.tags} <= tags_of(firm).keys()


def test_the_two_firms_share_no_customer(planned: dict[str, list[Talk]]) -> None:
    numbers = [{talk.person.phone or talk.person.user_id for talk in planned[firm.slug]} for firm in FIRMS]
    assert len(numbers[0]) > 1_500
    assert not numbers[0] & numbers[1]


@pytest.mark.parametrize("firm", FIRMS, ids=lambda firm: firm.slug)
def test_many_people_have_a_card_of_values_that_the_fields_admit(planned: dict[str, list[Talk]], firm: Firm) -> None:
    kept = records(firm, planned[firm.slug], NOW)
    assert kept == records(firm, planned[firm.slug], NOW), "the same each time"
    fields = {one.label: one for one in FIELDS[firm.slug]}
    for record in kept:
        for label, value in record.values.items():
            one = fields[label]
            options = [Option(label, label) for label in one.samples] if one.type in CHOOSING else []
            assert parse_value(one.type, options, value, None) == value
        assert all(at <= NOW and not FORBIDDEN.search(text) for _, text, at in record.notes)
    people = len({talk.person for talk in planned[firm.slug]})
    assert sum(bool(record.values) for record in kept) > people / 2
    assert sum(bool(record.notes) for record in kept) > people / 10
    assert {label for record in kept for label in record.values} == fields.keys()


@pytest.fixture(scope="module")
def lines(planned: dict[str, list[Talk]]) -> dict[str, list[tuple[str, PastLine]]]:
    """Every line by its customer's language, as it becomes a row."""
    found: dict[str, list[tuple[str, PastLine]]] = {}
    for slug, talks_of_firm in planned.items():
        users = {name: uuid7() for name in NAMES}
        files = {
            file.key: PastFile(kind=file.kind, mime=file.mime, size=1, storage_key="0" * 64, voice=file.voice)
            for group in sample_files().values()
            for file in group
        }
        cast = Cast(
            firm=slug,
            channel_id=uuid7(),
            users=users,
            names=NAMES,
            tags=dict.fromkeys(TAGS, uuid7()),
            files=files,
            desk_team=uuid7(),
            guest_team=uuid7(),
            now=NOW,
        )
        played = [thread for thread, _ in threads(talks_of_firm, cast)]
        found[slug] = [
            (talk.person.language, line)
            for talk, thread in zip(talks_of_firm, played, strict=True)
            for line in thread.lines
        ]
    return found


@pytest.mark.parametrize("firm", ["demo", "demo2"])
def test_what_happens_to_lines_later_happens_to_a_few_in_every_language(
    lines: dict[str, list[tuple[str, PastLine]]], firm: str
) -> None:
    counted: dict[str, Counter[str]] = {}
    for language, line in lines[firm]:
        context = line.context or {}
        marks = {
            "edited": line.edited_at is not None,
            "revoked": line.revoked_at is not None,
            "phone": line.phone,
            "referred": "referral" in context,
            "forwarded": "forwarded" in context,
        }
        counted.setdefault(language, Counter()).update(name for name, there in marks.items() if there)
        assert sum(marks.values()) <= 1
        if line.edited_at is not None:
            assert line.text is not None
            assert line.earlier[0] != line.text
        assert max(line.at, line.edited_at or line.at, line.revoked_at or line.at) <= NOW
        assert not (line.phone and line.user_id)
    together = sum(counted.values(), Counter[str]())
    assert set(together) == {"edited", "revoked", "phone", "referred", "forwarded"}
    assert max(together.values()) < 0.02 * len(lines[firm])
    if firm == "demo":
        assert {language for language, marks in counted.items() if marks["edited"] and marks["referred"]} == set(
            LANGUAGES
        )


def test_payloads_are_those_of_the_wire(lines: dict[str, list[tuple[str, PastLine]]]) -> None:
    seen = Counter[str]()
    for _, line in lines["demo"]:
        match line.type:
            case "interactive":
                kind = line.payload["kind"]
                assert line.text
                assert (kind == "buttons") == (line.direction == "outbound")
                seen[kind] += 1
            case "order":
                assert line.payload["catalog_id"]
                assert all(
                    item.keys() >= {"product_id", "name", "quantity", "price", "currency"}
                    for item in line.payload["items"]
                )
            case "template":
                assert line.text
                assert [button["type"] for button in line.payload["buttons"]] == ["QUICK_REPLY"] * 2
            case "system":
                assert line.payload["action"] == "number_changed"
                assert line.payload["from"] != line.payload["to"]
                assert line.quiet
            case "reaction":
                assert set(line.payload) == {"emoji"}
                assert line.reply_to is not None
            case "contacts":
                assert all(card["name"] and card["phones"] for card in line.payload)
            case _:
                pass
    assert set(seen) == {"buttons", "button_reply", "template_button"}
