"""A long thread in the hands of an agent: albums, voice notes, quotes, finding, jumping, reactions, passing on."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.desk import Desk
from tests.journeys.conftest import DESKTOP, axe_violations, new_context, sign_in
from tests.journeys.gallery import file

NAME = "Zehra Işıl"
OTHER = "Kerem Tok"
FIRST = "En baştaki ışık sorusu"


def photo(shade: int) -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 90, 120)).save(buffer, "JPEG")
    return file(buffer.getvalue(), "image/jpeg")


@pytest.fixture(scope="module")
def thread(desk: Desk) -> None:
    """Longer than two pages; the last lines quote the first one and hold an album."""
    with desk.customer() as control:
        said = {"customer": {"name": NAME, "phone": "905550209001"}, "text": FIRST, "wait": True}
        first = control.post("/whatsapp_cloud/say", json=said).raise_for_status().json()
        path = f"/whatsapp_cloud/customers/{first['customer']}/messages"
        last = [*(photo(shade) for shade in (20, 90, 160)), {"text": "İlk soruma dönelim", "reply_to": first["id"]}]
        for message in [*({"text": f"Satır {number}"} for number in range(119)), {"text": "IŞIK sönük"}, *last]:
            control.post(path, json={"wait": True, **message}).raise_for_status()
        other = {"customer": {"name": OTHER, "phone": "905550209002"}, "text": "Merhaba, ben Kerem", "wait": True}
        control.post("/whatsapp_cloud/say", json=other).raise_for_status()


@pytest.fixture
def page(browser: Browser, desk: Desk, thread: None) -> Iterator[Page]:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk, "supervisor")
    page.get_by_test_id("view-all").click()
    page.get_by_test_id("conversation-row").filter(has_text=NAME).click()
    # It opens where the unread ones begin.
    expect(page.get_by_test_id("message").first).to_be_visible()
    page.get_by_role("log").press("End")
    expect(message(page, "İlk soruma dönelim").first).to_be_in_viewport()
    yield page
    context.close()


def message(page: Page, text: str) -> Locator:
    return page.get_by_test_id("thread").get_by_test_id("message").filter(has_text=text)


def test_pictures_sent_together_are_one_album_and_the_arrows_go_through_the_thread(page: Page) -> None:
    page.get_by_role("group", name="3 fotoğraf ve video").get_by_role("button").first.click()
    lightbox = page.get_by_test_id("lightbox")
    expect(lightbox).to_contain_text("1 / 3")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(lightbox).to_contain_text("3 / 3")
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    expect(lightbox).to_have_count(0)


def test_a_quote_jumps_to_a_place_far_above_and_back_to_the_newest(page: Page) -> None:
    message(page, "İlk soruma dönelim").get_by_test_id("quote").click()
    expect(message(page, FIRST).first).to_be_in_viewport()
    page.get_by_test_id("to-newest").click()
    expect(message(page, "İlk soruma dönelim").first).to_be_in_viewport()


def test_all_spellings_find_the_same_and_enter_goes_from_hit_to_hit(page: Page) -> None:
    page.keyboard.press("f")
    page.get_by_test_id("find-input").fill("ışık")
    expect(page.get_by_test_id("find-count")).to_have_text("1 / 2")
    expect(message(page, "IŞIK sönük")).to_be_in_viewport()
    expect(message(page, "IŞIK sönük").locator("mark")).to_have_text("IŞIK")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("find-count")).to_have_text("2 / 2")
    expect(message(page, FIRST).first).to_be_in_viewport()
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("find-bar")).to_have_count(0)


def test_the_keyboard_alone_answers_a_message_with_its_quote(page: Page) -> None:
    page.get_by_role("log").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("r")
    expect(page.get_by_test_id("quote-bar")).to_contain_text("İlk soruma dönelim")
    page.keyboard.type("Dönelim elbette")
    page.keyboard.press("Enter")
    sent = message(page, "Dönelim elbette")
    expect(sent.get_by_test_id("quote")).to_contain_text("İlk soruma dönelim")
    expect(page.get_by_test_id("quote-bar")).to_have_count(0)


def test_a_reaction_reaches_the_bubble_and_is_taken_back_by_a_click(page: Page) -> None:
    line = message(page, "İlk soruma dönelim").first
    line.hover()
    line.get_by_test_id("message-actions").click()
    menu = page.get_by_test_id("message-menu")
    assert axe_violations(page) == []
    menu.get_by_label("👍 tepkisi ver").click()
    chip = line.get_by_test_id("reactions").get_by_role("button", name=re.compile("👍"))
    expect(chip).to_be_visible()
    chip.click()
    expect(chip).to_have_count(0)


def test_a_message_is_passed_on_to_another_conversation(page: Page) -> None:
    line = message(page, "IŞIK sönük")
    line.hover()
    line.get_by_test_id("message-actions").click()
    page.get_by_role("menuitem", name="İlet").click()
    page.get_by_role("checkbox", name=re.compile(OTHER)).check()
    page.get_by_test_id("forward-send").click()
    expect(page.get_by_text("1 konuşmaya iletildi")).to_be_visible()
    page.get_by_test_id("conversation-row").filter(has_text=OTHER).click()
    expect(message(page, "IŞIK sönük")).to_have_attribute("data-direction", "outbound")
