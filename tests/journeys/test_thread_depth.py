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
from tests.journeys.gallery import file, voice

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
        lines = [*({"text": f"Satır {number}"} for number in range(119)), {"text": "Bkz. https://mavera.example/fiyat"}]
        notes = [file(voice(seconds), "audio/ogg", voice=True) for seconds in (20, 21)]
        last = [*(photo(shade) for shade in (20, 90, 160)), {"text": "İlk soruma dönelim", "reply_to": first["id"]}]
        for message in [*lines, {"text": "IŞIK sönük"}, *notes, *last]:
            control.post(path, json={"wait": True, **message}).raise_for_status()
        other = {"customer": {"name": OTHER, "phone": "905550209002"}, "text": "Merhaba, ben Kerem", "wait": True}
        control.post("/whatsapp_cloud/say", json=other).raise_for_status()


@pytest.fixture
def page(browser: Browser, desk: Desk, thread: None) -> Iterator[Page]:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    open_thread(page, desk)
    yield page
    context.close()


def open_thread(page: Page, desk: Desk) -> None:
    """At its end."""
    sign_in(page, desk, "supervisor")
    page.get_by_test_id("view-all").click()
    page.get_by_test_id("conversation-row").filter(has_text=NAME).click()
    # It opens where the unread ones begin.
    expect(page.get_by_test_id("message").first).to_be_visible()
    page.get_by_role("log").press("End")
    expect(message(page, "İlk soruma dönelim").first).to_be_in_viewport()


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


def test_any_emoji_can_be_a_reaction_by_the_word_for_it(page: Page) -> None:
    line = message(page, "İlk soruma dönelim").first
    line.hover()
    line.get_by_role("button", name="Tepki ver").click()
    page.get_by_test_id("emoji-search").fill("ALKIŞ")
    expect(page.get_by_role("button", name="el çırpma")).to_be_visible()
    page.keyboard.press("Enter")
    chip = line.get_by_test_id("reactions").get_by_role("button", name=re.compile("👏"))
    expect(chip).to_be_visible()
    line.hover()
    line.get_by_role("button", name="Tepki ver").click()
    expect(page.get_by_role("region", name="Son kullanılanlar").get_by_role("button").first).to_have_text("👏")
    page.keyboard.press("Escape")
    chip.click()
    expect(chip).to_have_count(0)


def test_a_day_is_gone_to_by_the_calendar(page: Page) -> None:
    first = page.locator("[data-testid=message][data-seq='1']")
    expect(first).not_to_be_in_viewport()
    page.keyboard.press("f")
    page.get_by_test_id("find-bar").get_by_role("button", name="Güne git").click()
    days = page.get_by_role("dialog", name="Hangi güne gidilsin?")
    assert axe_violations(page) == []
    today = days.locator("button[data-today]")
    expect(days.locator("button[data-today] ~ button:not([disabled])")).to_have_count(0)
    today.click()
    expect(days).to_have_count(0)
    expect(first).to_be_in_viewport()


def test_what_was_sent_is_found_in_the_contact_panel(page: Page) -> None:
    media = page.get_by_test_id("contact-media")
    expect(media.get_by_role("button")).to_have_count(3)
    media.get_by_role("button").last.click()
    expect(page.get_by_test_id("lightbox")).to_contain_text("1 / 3")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Medya").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Dosyalar")).to_be_focused()
    expect(media.get_by_role("listitem")).to_have_count(2)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Bağlantılar")).to_have_attribute("aria-selected", "true")
    expect(media.get_by_role("link", name=re.compile("mavera.example"))).to_be_visible()
    assert axe_violations(page) == []


def test_the_speed_of_one_voice_note_is_kept_for_the_next(browser: Browser, desk: Desk, thread: None) -> None:
    context = new_context(browser, size=DESKTOP)
    # The one player is in no document: the page is asked for what it has made.
    context.add_init_script("const Real = Audio; window.Audio = function () { return (window.player = new Real()); };")
    page = context.new_page()
    open_thread(page, desk)
    notes = page.get_by_role("group", name="Sesli mesaj")
    notes.first.get_by_role("button", name="Oynat").click()
    notes.first.get_by_test_id("voice-speed").click()
    expect(notes.last.get_by_test_id("voice-speed")).to_have_text("1,5×")
    page.wait_for_function("() => player.playbackRate === 1.5")
    notes.last.get_by_role("button", name="Oynat").click()
    page.wait_for_function("() => !player.paused && player.playbackRate === 1.5 && player.currentTime > 0")
    page.reload()
    expect(notes.last.get_by_test_id("voice-speed")).to_have_text("1,5×")
    context.close()


def test_a_picture_that_could_not_be_fetched_is_asked_for_again_and_joins_its_album(page: Page, desk: Desk) -> None:
    customer = {"name": "Tülay Kayıp", "phone": "905550209003"}
    with desk.customer() as control:

        def send(shade: int) -> None:
            said = {"customer": customer, "wait": True, **photo(shade)}
            control.post("/whatsapp_cloud/say", json=said).raise_for_status()

        # The list holds still while the pointer is over it.
        page.get_by_role("log").hover()
        send(20)
        page.get_by_test_id("conversation-row").filter(has_text=customer["name"]).click()
        control.put("/faults", json={"faults": {"media": {"every": 1}}}).raise_for_status()
        try:
            send(90)
            lost = page.get_by_test_id("message").filter(has=page.get_by_test_id("media-again"))
            expect(lost).to_contain_text("Alınamadı")
            assert axe_violations(page) == []
        finally:
            control.put("/faults", json={"faults": {"media": None}}).raise_for_status()
    lost.get_by_role("button", name="Yeniden dene").click()
    expect(page.get_by_role("group", name="2 fotoğraf ve video").locator("img")).to_have_count(2)
    expect(page.get_by_test_id("media-again")).to_have_count(0)


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
