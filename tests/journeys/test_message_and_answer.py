"""The main job, on two screens: a customer writes on the phone page, an agent answers, the ticks go to read."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.desk import Desk
from tests.journeys.conftest import DESKTOP, PHONE, axe_violations, new_context, sign_in

PICTURE = Path(__file__).parent / "panorama.png"
# A container without a picture in it; a phone's own video may as well be of a kind that Chromium does not know.
UNPLAYABLE = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(200)


def meet_customer(phone_page: Page, name: str, number: str) -> None:
    """Adds a customer on the phone page and opens their thread."""
    phone_page.get_by_test_id("add-customer").click()
    form = phone_page.get_by_role("dialog").or_(phone_page.locator("form")).first
    form.locator("input").nth(0).fill(name)
    form.locator("input[type=tel], input").nth(1).fill(number)
    form.locator("button[type=submit]").click()
    row = phone_page.get_by_test_id("customer-row").filter(has_text=name)
    row.first.click()
    expect(row.first).to_have_attribute("aria-current", "true")
    expect(phone_page.get_by_test_id("composer")).to_be_visible()


def say(phone_page: Page, text: str) -> None:
    phone_page.get_by_test_id("composer").fill(text)
    phone_page.get_by_test_id("send").click()


def row_of(page: Page, name: str) -> Locator:
    return page.get_by_test_id("conversation-row").filter(has_text=name)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_customer_writes_and_an_agent_answers_with_text_and_picture(
    browser: Browser, desk: Desk, phone_page: Page, size: dict[str, int]
) -> None:
    name = "Gülşah Yıldırım" if size is DESKTOP else "Şükrü Ünal"
    number = "905550104418" if size is DESKTOP else "905550104419"
    context = new_context(browser, size=size)
    page = context.new_page()
    sign_in(page, desk)
    page.get_by_test_id("view-unassigned").click()
    meet_customer(phone_page, name, number)
    say(phone_page, "Merhaba, zirkonyum fiyatı alabilir miyim? 🌸")

    expect(row_of(page, name)).to_be_visible()
    row_of(page, name).click()
    inbound = page.get_by_test_id("message").filter(has_text="zirkonyum")
    expect(inbound).to_have_attribute("data-direction", "inbound")

    page.get_by_test_id("composer-input").fill("Merhaba, ben Elif. Nasıl yardımcı olayım?")
    page.get_by_test_id("composer-send").click()
    answer = page.get_by_test_id("message").filter(has_text="ben Elif")
    expect(answer).to_have_attribute("data-status", re.compile("queued|sending|sent|delivered|read"))
    bubble = phone_page.get_by_test_id("bubble").filter(has_text="ben Elif")
    expect(bubble).to_be_visible()
    expect(answer).to_have_attribute("data-status", "read")

    page.get_by_test_id("composer-attach").set_input_files(str(PICTURE))
    page.get_by_test_id("composer-input").fill("Örnek film")
    page.get_by_test_id("composer-send").click()
    picture = page.locator("[data-testid=message][data-type=image][data-direction=outbound]")
    expect(picture).to_have_attribute("data-status", "read")
    expect(phone_page.locator("[data-testid=bubble][data-type=image]")).to_be_visible()

    assert axe_violations(page) == []
    context.close()


def test_a_picture_of_the_customer_is_fetched_and_shown(browser: Browser, desk: Desk, phone_page: Page) -> None:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk)
    page.get_by_test_id("view-unassigned").click()
    meet_customer(phone_page, "Ömer Faruk Çelik", "905550104420")
    phone_page.get_by_test_id("attach-input").set_input_files(str(PICTURE))
    if phone_page.get_by_test_id("send").is_visible():
        phone_page.get_by_test_id("send").click()
    row_of(page, "Ömer Faruk").click()
    shown = page.locator("[data-testid=message][data-type=image] img").first
    expect(shown).to_be_visible()
    page.wait_for_function("img => img.complete && img.naturalWidth > 0", arg=shown.element_handle())
    context.close()


def test_a_video_that_the_browser_cannot_play_is_there_to_download(browser: Browser, desk: Desk) -> None:
    name = "Efe Sönmez"
    with desk.customer() as control:
        video = {"base64": base64.b64encode(UNPLAYABLE).decode(), "mime": "video/mp4", "filename": "film.mp4"}
        said = {"customer": {"name": name, "phone": "905550104422"}, "file": video, "wait": True}
        control.post("/whatsapp_cloud/say", json=said).raise_for_status()
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk, "agent2")
    page.get_by_test_id("view-unassigned").click()
    row_of(page, name).click()
    with page.expect_download() as download:
        page.locator("[data-testid=message][data-type=video] a[download]").click()
    assert download.value.path().read_bytes() == UNPLAYABLE
    context.close()


def test_a_failed_message_says_why_and_offers_two_actions(browser: Browser, desk: Desk, phone_page: Page) -> None:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk, "agent2")
    page.get_by_test_id("view-unassigned").click()
    meet_customer(phone_page, "İrem Özkan", "905550104421")
    say(phone_page, "Orada mısınız?")
    row_of(page, "İrem Özkan").click()
    with desk.customer() as control:
        control.put("/faults", json={"faults": {"refuse": {"code": 131042, "http": 400}}}).raise_for_status()
    try:
        page.get_by_test_id("composer-input").fill("Buradayız")
        page.get_by_test_id("composer-send").click()
        failed = page.get_by_test_id("message").filter(has_text="Buradayız")
        expect(failed).to_have_attribute("data-status", "failed")
    finally:
        with desk.customer() as control:
            control.put("/faults", json={"faults": {"refuse": None}}).raise_for_status()
    expect(failed.get_by_role("button")).to_have_count(2)
    failed.get_by_role("button").first.click()
    again = page.get_by_test_id("message").filter(has_text="Buradayız")
    expect(again).to_have_count(1)
    expect(again).to_have_attribute("data-status", re.compile("sent|delivered|read"))
    context.close()
