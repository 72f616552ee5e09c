"""A supervisor connects numbers by Meta's dialog and by a token, sees each hop, and reconnects what has lost its token."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.desk import ROOT, Desk
from tests.journeys.conftest import DESKTOP, PHONE, axe_violations, new_context, sign_in

WORDS: dict[str, Any] = json.loads((ROOT / "web/src/features/channels/i18n/tr.json").read_text())


def fresh_number(desk: Desk, name: str) -> dict[str, Any]:
    """A business at Meta that no firm has connected."""
    with desk.customer() as control:
        answer = control.post("/whatsapp_cloud/numbers", json={"name": name})
        number: dict[str, Any] = answer.raise_for_status().json()["items"][0]
        return number


def channels_page(browser: Browser, desk: Desk, size: dict[str, int] = DESKTOP) -> Page:
    page = new_context(browser, size=size).new_page()
    sign_in(page, desk, "supervisor")
    page.goto(f"{desk.url}/channels")
    expect(card(page, "WhatsApp").first).to_be_visible()
    return page


def card(page: Page, name: str) -> Locator:
    return page.get_by_test_id("channel-card").filter(has_text=name)


def checked(page: Page, *fine: str) -> None:
    """The live check has come to its end, and these hops are well."""
    expect(page.locator("[data-testid=live-check][data-done]")).to_be_visible(timeout=40_000)
    for hop in fine:
        expect(page.get_by_test_id(f"hop-{hop}")).to_have_attribute("data-state", "ok")


def paste(page: Page, number: dict[str, Any], token: str) -> None:
    for name, value in (("phone_number_id", number["phone_number_id"]), ("waba_id", number["waba_id"])):
        page.locator(f"input[name={name}]").fill(value)
    page.locator("input[name=access_token]").fill(token)
    page.get_by_test_id("paste-submit").click()


def test_a_new_number_is_connected_through_the_dialog_and_checked(browser: Browser, desk: Desk) -> None:
    page = channels_page(browser, desk)
    page.get_by_test_id("connect-channel").click()
    with page.expect_popup() as opened:
        page.get_by_test_id("connect-meta").click()
    dialog = opened.value
    dialog.get_by_test_id("signup-name").fill("Yeni Şube")
    dialog.get_by_test_id("signup-confirm").click()
    checked(page, "token", "number", "app_secret", "subscription", "webhook", "ingest", "clock")
    page.keyboard.press("Escape")
    expect(card(page, "Yeni Şube")).to_have_attribute("data-state", "healthy")
    page.context.close()


def test_a_dialog_that_is_cancelled_changes_nothing_and_says_so(browser: Browser, desk: Desk) -> None:
    page = channels_page(browser, desk)
    before = page.get_by_test_id("channel-card").count()
    page.get_by_test_id("connect-channel").click()
    with page.expect_popup() as opened:
        page.get_by_test_id("connect-meta").click()
    opened.value.get_by_test_id("signup-cancel").click()
    expect(page.get_by_text(WORDS["connect"]["cancelled"])).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("channel-card")).to_have_count(before)
    page.context.close()


def test_a_wrong_token_is_refused_in_words_and_the_right_one_connects(browser: Browser, desk: Desk) -> None:
    number = fresh_number(desk, "Yapıştırılan Şube")
    page = channels_page(browser, desk)
    page.get_by_test_id("connect-channel").press("Enter")
    page.get_by_test_id("paste-token").press("Enter")
    page.get_by_test_id("paste-submit").click()
    expect(page.locator("input[name=phone_number_id]")).to_be_focused()
    paste(page, number, "EAAyanlis")
    expect(page.get_by_role("alert")).to_contain_text("Meta erişim anahtarını kabul etmiyor")
    paste(page, number, number["access_token"])
    checked(page, "token", "number", "webhook", "ingest")
    page.keyboard.press("Escape")
    expect(card(page, "Yapıştırılan Şube")).to_be_visible()
    page.context.close()


def test_a_number_whose_token_was_revoked_is_reconnected_with_a_new_one(browser: Browser, desk: Desk) -> None:
    number = fresh_number(desk, "Kopan Şube")
    page = channels_page(browser, desk)
    page.get_by_test_id("connect-channel").click()
    page.get_by_test_id("paste-token").click()
    paste(page, number, number["access_token"])
    checked(page)
    page.keyboard.press("Escape")
    with desk.customer() as control:
        revoked = {"number": number["phone_number_id"], "state": "revoked"}
        control.put("/whatsapp_cloud/tokens", json=revoked).raise_for_status()
        mine = card(page, "Kopan Şube")
        mine.get_by_test_id("check-channel").click()
        expect(page.get_by_test_id("hop-token")).to_have_attribute("data-state", "failed")
        expect(page.get_by_test_id("hop-token")).to_contain_text("yeniden bağlayın")
        page.keyboard.press("Escape")
        fresh = {"number": number["phone_number_id"], "token": "EAAyeni", "state": "good"}
        control.put("/whatsapp_cloud/tokens", json=fresh).raise_for_status()
    mine.get_by_test_id("reconnect-channel").click()
    page.locator("input[name=access_token]").fill("EAAyeni")
    page.get_by_test_id("reconnect-submit").click()
    checked(page, "token", "number")
    page.keyboard.press("Escape")
    mine.get_by_test_id("disconnect-channel").click()
    page.get_by_test_id("confirm-disconnect").click()
    expect(mine).to_have_attribute("data-state", "disconnected")
    page.context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_on_the_channels_page_and_in_its_dialogs(
    browser: Browser, desk: Desk, size: dict[str, int]
) -> None:
    page = channels_page(browser, desk, size)
    found: list[str] = []

    def look(where: str) -> None:
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            found.extend(f"{where}, {scheme}: {one}" for one in axe_violations(page))
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            found.append(f"{where}: wider than the screen")

    look("channels")
    page.get_by_test_id("connect-channel").click()
    page.get_by_test_id("connect-meta").wait_for()
    look("connect")
    page.get_by_test_id("paste-token").click()
    page.get_by_test_id("paste-submit").click()
    look("paste, nothing written")
    page.keyboard.press("Escape")
    page.get_by_test_id("check-channel").first.click()
    checked(page)
    look("live check")
    page.keyboard.press("Escape")
    page.get_by_test_id("reconnect-channel").first.click()
    look("reconnect")
    page.keyboard.press("Escape")
    page.get_by_test_id("disconnect-channel").first.click()
    look("disconnect")
    assert not found, "\n".join(found)
    page.context.close()
