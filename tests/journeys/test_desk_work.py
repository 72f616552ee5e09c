"""What an agent does all day: notes, tags, resolve, reopen, snooze; by mouse, by keyboard, on a lost connection."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.desk import Desk, wait_until
from tests.journeys.conftest import DESKTOP, axe_violations, new_context, sign_in


@pytest.fixture(scope="module")
def people(desk: Desk) -> list[str]:
    """Six customers who have written, made without the page."""
    names = ["Levent Güneş", "Tuğçe Aksoy", "Anna Petrova", "Sibel Kurt", "Nazlı Ergin", "Cem Yalçın"]
    with desk.customer() as control:
        for number, name in enumerate(names):
            made = control.post("/whatsapp_cloud/customers", json={"name": name, "phone": f"90555020000{number}"})
            made.raise_for_status()
            sent = control.post(
                f"/whatsapp_cloud/customers/{made.json()['id']}/messages",
                json={"type": "text", "text": f"Merhaba, ben {name}"},
            )
            sent.raise_for_status()
    return names


@pytest.fixture
def page(browser: Browser, desk: Desk, people: list[str]) -> Iterator[Page]:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk, "supervisor")
    page.get_by_test_id("view-all").click()
    expect(page.get_by_test_id("conversation-row").filter(has_text=people[-1])).to_be_visible()
    yield page
    context.close()


def open_row(page: Page, name: str) -> None:
    page.get_by_test_id("conversation-row").filter(has_text=name).click()
    expect(page.get_by_test_id("message").filter(has_text=f"ben {name}").first).to_be_visible()


def test_a_note_is_for_the_team_and_never_reaches_the_customer(page: Page, desk: Desk, people: list[str]) -> None:
    open_row(page, people[0])
    page.get_by_test_id("composer-note-switch").click()
    page.get_by_test_id("composer-input").fill("Sigortası var, poliçeyi iste")
    page.get_by_test_id("composer-send").click()
    note = page.get_by_test_id("message").filter(has_text="poliçeyi iste")
    expect(note).to_have_attribute("data-type", "note")
    sent = desk.rows("select 1 from outbox o join message m on m.id = o.message_id where m.type = 'note'")
    assert sent == []


def test_resolving_takes_the_next_one_and_reopening_brings_it_back(page: Page, people: list[str]) -> None:
    open_row(page, people[1])
    page.get_by_test_id("action-take").first.click()
    page.get_by_test_id("action-resolve").click()
    expect(page.get_by_test_id("conversation-row").filter(has_text=people[1])).to_have_count(0)
    page.get_by_test_id("status-resolved").click()
    page.get_by_test_id("conversation-row").filter(has_text=people[1]).click()
    page.get_by_test_id("action-reopen").first.click()
    page.get_by_test_id("status-open").click()
    expect(page.get_by_test_id("conversation-row").filter(has_text=people[1])).to_be_visible()


def test_the_keyboard_alone_moves_opens_answers_notes_and_resolves(page: Page, people: list[str]) -> None:
    open_row(page, people[2])
    page.keyboard.press("Escape")
    page.locator("body").click(position={"x": 5, "y": 5})
    here = page.url
    page.keyboard.press("j")
    expect(page).not_to_have_url(here)
    page.keyboard.press("k")
    expect(page).to_have_url(here)
    page.keyboard.press("n")
    page.keyboard.type("Klavyeyle not")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("message").filter(has_text="Klavyeyle not")).to_have_attribute("data-type", "note")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.type("Klavyeyle yanıt")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("message").filter(has_text="Klavyeyle yanıt")).to_have_attribute(
        "data-direction", "outbound"
    )
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.get_by_test_id("conversation-row").filter(has_text=people[2])).to_have_count(0)


def test_fast_fingers_write_where_they_moved_to_and_resolve_nothing(page: Page, desk: Desk, people: list[str]) -> None:
    """Move, note and words without a pause: no letter of the words may run as a command on any conversation."""
    rows = page.get_by_test_id("conversation-row")
    first, second = rows.nth(0).get_attribute("data-id"), rows.nth(1).get_attribute("data-id")
    rows.first.click()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("n")
    page.keyboard.type("nasıl taşıyalım")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(str(second)))
    notes = "select conversation_id::text as at from message where type = 'note' and text = 'nasıl taşıyalım'"
    assert wait_until(lambda: desk.rows(notes), "the note is stored") == [{"at": second}]
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.keyboard.type("esas")
    expect(page.get_by_label("Kişi ara")).to_be_focused()
    states = "select status from conversation where id::text = any($1)"
    assert [row["status"] for row in desk.rows(states, [first, second])] == ["open", "open"]


def test_a_draft_waits_where_it_was_left(page: Page, people: list[str]) -> None:
    open_row(page, people[3])
    page.get_by_test_id("composer-input").fill("Yarım kalan cümle")
    open_row(page, people[4])
    expect(page.get_by_test_id("composer-input")).to_have_value("")
    page.reload()
    open_row(page, people[3])
    expect(page.get_by_test_id("composer-input")).to_have_value("Yarım kalan cümle")


def test_a_lost_connection_is_shown_and_what_was_written_goes_out_later(page: Page, people: list[str]) -> None:
    open_row(page, people[5])
    page.context.set_offline(True)
    expect(page.get_by_test_id("connection-bar")).to_be_visible(timeout=60_000)
    assert axe_violations(page) == []
    page.get_by_test_id("composer-input").fill("Tünelden yazıyorum")
    page.get_by_test_id("composer-send").click()
    written = page.get_by_test_id("message").filter(has_text="Tünelden")
    expect(written).to_be_visible()
    page.context.set_offline(False)
    expect(written).to_have_attribute("data-status", "read", timeout=60_000)
    expect(written).to_have_count(1)
    expect(page.get_by_test_id("connection-bar")).to_have_count(0)


def test_the_second_firm_sees_nothing_of_the_first(browser: Browser, desk: Desk, people: list[str]) -> None:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk, "supervisor", "demo2")
    page.get_by_test_id("view-all").click()
    expect(page.get_by_text("Henüz açık konuşma yok")).to_be_visible()
    expect(page.get_by_test_id("conversation-row")).to_have_count(0)
    found = desk.rows(
        "select c.id from conversation c join tenant t on t.id = c.tenant_id where t.slug = 'demo' limit 1"
    )
    page.goto(f"{desk.url}/inbox/all/{found[0]['id']}")
    expect(page.get_by_text("Bu konuşma yok ya da size kapalı")).to_be_visible()
    expect(page.get_by_test_id("message")).to_have_count(0)
    context.close()
