"""Runs every numbered step of docs/30-minutes, in its order, and refuses a step that nobody runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.desk import ROOT, Desk
from tests.journeys.conftest import DESKTOP, new_context, sign_in
from tests.journeys.test_message_and_answer import PICTURE, meet_customer, row_of, say

NAME = "Ilgın Işık"
LATE = "Rıza Tekin"


@dataclass
class Story:
    desk: Desk
    page: Page
    phone: Page

    def message(self, text: str) -> Locator:
        return self.page.get_by_test_id("message").filter(has_text=text)

    def send(self, text: str) -> None:
        self.page.get_by_test_id("composer-input").fill(text)
        self.page.get_by_test_id("composer-send").click()


def sign_in_step(story: Story) -> None:
    sign_in(story.page, story.desk)
    expect(story.page.get_by_test_id("view-mine")).to_have_attribute("aria-current", "page")


def customer_writes(story: Story) -> None:
    story.page.get_by_test_id("view-unassigned").click()
    meet_customer(story.phone, NAME, "905550107001")
    say(story.phone, "Merhaba")
    expect(row_of(story.page, NAME)).to_be_visible()


def answer(story: Story) -> None:
    row_of(story.page, NAME).click()
    story.page.get_by_test_id("composer-input").fill("Merhaba, buyurun")
    story.page.get_by_test_id("composer-input").press("Enter")
    expect(story.message("buyurun")).to_have_attribute("data-status", "read")
    expect(story.phone.get_by_test_id("bubble").filter(has_text="buyurun")).to_be_visible()
    story.page.get_by_test_id("view-mine").click()
    expect(row_of(story.page, NAME)).to_be_visible()
    row_of(story.page, NAME).click()


def send_picture(story: Story) -> None:
    story.page.get_by_test_id("composer-attach").set_input_files(str(PICTURE))
    story.send("Yol tarifi")
    bubble = story.phone.locator("[data-testid=bubble][data-type=image]")
    expect(bubble).to_be_visible()
    expect(bubble).to_contain_text("Yol tarifi")


def leave_note(story: Story) -> None:
    story.page.get_by_test_id("composer-note-switch").click()
    story.page.get_by_test_id("composer-input").fill("Sigortası var")
    story.page.get_by_test_id("composer-input").press("Enter")
    expect(story.message("Sigortası")).to_have_attribute("data-type", "note")
    expect(story.message("Sigortası")).to_contain_text("yalnız ekip görür")
    expect(story.phone.get_by_test_id("bubble").filter(has_text="Sigortası")).to_have_count(0)


def resolve_and_come_back(story: Story) -> None:
    story.page.keyboard.press("Escape")
    story.page.keyboard.press("e")
    expect(row_of(story.page, NAME)).to_have_count(0)
    say(story.phone, "Bir sorum daha var")
    expect(row_of(story.page, NAME)).to_be_visible()
    row_of(story.page, NAME).click()
    expect(story.message("Bir sorum daha")).to_be_visible()
    expect(story.message("Müşteri yazdı, konuşma yeniden açıldı")).to_be_visible()


def snooze(story: Story) -> None:
    story.page.get_by_test_id("action-snooze").click()
    story.page.get_by_role("menuitem", name="Yeni mesaja kadar").click()
    expect(row_of(story.page, NAME)).to_have_count(0)
    say(story.phone, "Uyandınız mı?")
    expect(row_of(story.page, NAME)).to_be_visible()


def closed_window(story: Story) -> None:
    meet_customer(story.phone, LATE, "905550107002")
    story.phone.get_by_test_id("window-closed").click()
    say(story.phone, "Dünden kalan mesaj")
    story.page.get_by_test_id("view-unassigned").click()
    row_of(story.page, LATE).click()
    expect(story.message("Dünden kalan")).to_be_visible()
    expect(story.page.get_by_test_id("composer-blocked")).to_be_visible()
    story.page.get_by_test_id("composer-note-switch").click()
    story.send("Şablon gerekecek")
    expect(story.message("Şablon gerekecek")).to_have_attribute("data-type", "note")


def duplicate_delivery(story: Story) -> None:
    story.phone.get_by_test_id("fault-duplicate").click()
    try:
        say(story.phone, "Bunu iki kez teslim et")
        expect(story.message("iki kez")).to_have_count(1)
        # What a customer writes arrives in order: behind this one no second copy is on its way any more.
        say(story.phone, "Bu da sonraki")
        expect(story.message("Bu da sonraki")).to_have_count(1)
        expect(story.message("iki kez")).to_have_count(1)
    finally:
        story.phone.get_by_test_id("fault-duplicate").click()


def second_firm(story: Story) -> None:
    story.page.get_by_test_id("user-menu").click()
    story.page.get_by_role("menuitem", name="Çıkış yap").click()
    story.page.locator("input[name=firm]").wait_for()
    sign_in(story.page, story.desk, "supervisor", "demo2")
    story.page.get_by_test_id("view-all").click()
    expect(story.page.get_by_text("Henüz açık konuşma yok")).to_be_visible()
    expect(row_of(story.page, NAME)).to_have_count(0)


STEPS: dict[int, Callable[[Story], None]] = {
    1: sign_in_step,
    2: customer_writes,
    3: answer,
    4: send_picture,
    5: leave_note,
    6: resolve_and_come_back,
    7: snooze,
    8: closed_window,
    9: duplicate_delivery,
    10: second_firm,
}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_document_has_the_steps_that_the_story_runs(language: str) -> None:
    text = (ROOT / "docs" / f"30-minutes.{language}.md").read_text()
    assert [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)] == list(STEPS)


def test_half_an_hour_at_the_desk(browser: Browser, desk: Desk, phone_page: Page) -> None:
    context = new_context(browser, size=DESKTOP)
    story = Story(desk, context.new_page(), phone_page)
    for number, step in STEPS.items():
        print(f"step {number}: {step.__name__}")
        step(story)
    context.close()
