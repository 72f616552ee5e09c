"""Somebody looks for an old message, for a person by a piece of a number, and finds nothing of what is a colleague's."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.desk import Desk, wait_until
from tests.journeys.conftest import DESKTOP, PHONE, axe_violations, new_context, sign_in

NAME, NUMBER = "Işıl Çağlar", "905557771234"
LONG = "Bu satır birkaç kez kırılacak kadar uzun, çünkü yükseklikler önce tahmin edilir, sonra ölçülür. " * 3
OLD = "Zirkonyum kaplamanın ışığı çok güzel oldu 😀 teşekkürler"


@pytest.fixture(scope="module")
def conversation(desk: Desk) -> str:
    """An old line with more after it than a screen holds, all of them findable."""
    with desk.customer() as control:
        for text in (OLD, *(f"Satır {number}. {LONG}" for number in range(24))):
            said = {"customer": {"name": NAME, "phone": NUMBER}, "text": text}
            control.post("/whatsapp_cloud/say", json=said).raise_for_status()
    query = (
        "select c.id from conversation c join contact p on (p.tenant_id, p.id) = (c.tenant_id, c.contact_id)"
        " where p.name = $1 and (select count(*) from search_message s where s.conversation_id = c.id) = 25"
    )
    return str(wait_until(lambda: desk.rows(query, NAME), "all lines can be found", 60)[0]["id"])


def look_for(page: Page, words: str) -> None:
    field = page.get_by_test_id("search-input")
    field.fill(words)
    expect(field).to_have_value(words)


def hits(page: Page, kind: str) -> Locator:
    return page.locator(f'[data-testid="search-hit"][data-kind="{kind}"]')


def test_an_old_message_is_found_by_turkish_letters_and_gone_to_without_a_mouse(
    browser: Browser, desk: Desk, conversation: str
) -> None:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk, "supervisor")
    page.locator("body").press("/")
    expect(page.get_by_test_id("search-input")).to_be_focused()
    page.keyboard.type("ZİRKONYUM isig")
    hit = hits(page, "message")
    expect(hit).to_have_count(1)
    expect(hit.locator("mark")).to_have_text(["Zirkonyum", "ışığı"])
    expect(page).to_have_url(re.compile(r"/search\?q="))
    assert axe_violations(page) == []
    page.keyboard.press("ArrowDown")
    expect(hit).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/inbox/all/{conversation}\?message="))
    expect(page.get_by_test_id("message").filter(has_text="Zirkonyum")).to_be_in_viewport()
    page.go_back()
    expect(hits(page, "message")).to_have_count(1)
    # What was looked for is offered again, until one signs out.
    page.get_by_test_id("search-input").fill("")
    expect(page.get_by_test_id("recent-search")).to_have_text("ZİRKONYUM isig")
    # Filters narrow, and say so when they leave nothing.
    page.get_by_test_id("recent-search").click()
    page.get_by_label("Tür").select_option("image")
    expect(page.get_by_text("Seçili süzgeçler sonucu daraltıyor olabilir.")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_role("button", name="Süzgeçleri kaldır").click()
    expect(hits(page, "message")).to_have_count(1)
    context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_person_is_found_by_a_piece_of_a_number_or_a_name(
    browser: Browser, desk: Desk, conversation: str, size: dict[str, int]
) -> None:
    context = new_context(browser, size=size, dark=size is PHONE)
    page = context.new_page()
    sign_in(page, desk, "supervisor")
    page.get_by_role("link", name="Ara", exact=True).click()
    look_for(page, "777 12 34")
    hit = hits(page, "contact")
    expect(hit.filter(has_text=NAME)).to_have_count(1)
    expect(hit.filter(has_text=NAME).locator("mark")).to_have_text("7771234")
    page.get_by_test_id("scope-contacts").click()
    look_for(page, "isil cag")
    expect(hits(page, "contact").filter(has_text=NAME)).to_have_count(1)
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    look_for(page, "x")
    expect(page.get_by_text("En az iki harf yazın")).to_be_visible()
    assert axe_violations(page) == []
    look_for(page, "isil cag")
    hits(page, "contact").filter(has_text=NAME).click()
    expect(page).to_have_url(re.compile(f"/inbox/all/{conversation}"))
    context.close()


def test_a_colleagues_conversation_is_not_found(browser: Browser, desk: Desk) -> None:
    name, secret = "Yakup Gizli", "kasadaki emanet"
    with desk.customer() as control:
        said = {"customer": {"name": name, "phone": "905557779876"}, "text": secret, "wait": True}
        control.post("/whatsapp_cloud/say", json=said).raise_for_status()
    found = (
        "select s.conversation_id as id from search_message s join message m on m.id = s.message_id where m.text = $1"
    )
    conversation = wait_until(lambda: desk.rows(found, secret), "it can be found")[0]["id"]
    seen = {}
    for user in ("agent1", "agent2"):
        context = new_context(browser, size=DESKTOP)
        page = context.new_page()
        sign_in(page, desk, user)
        if user == "agent1":
            taken = page.request.post(
                f"{desk.url}/api/v1/conversations/{conversation}/take", headers={"Origin": desk.url}
            )
            assert taken.ok, taken.text()
        page.locator("body").press("Control+k")
        look_for(page, "emanet")
        if user == "agent1":
            expect(hits(page, "message")).to_have_count(1)
        else:
            expect(page.get_by_text("“emanet” için sonuç yok")).to_be_visible()
        seen[user] = page.request.get(f"{desk.url}/api/v1/search?q=emanet").json()["counts"]["messages"]
        context.close()
    assert seen == {"agent1": 1, "agent2": 0}
