"""A firm's own fields: a supervisor defines them, an agent fills them in by keyboard, and a colleague's screen follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.desk import Desk
from tests.journeys.conftest import DESKTOP, PHONE, axe_violations, new_context, sign_in
from tests.journeys.test_composer import open_row, say


@pytest.fixture
def screens(browser: Browser, desk: Desk) -> Iterator[dict[str, Page]]:
    contexts = {user: new_context(browser, size=DESKTOP) for user in ("supervisor", "agent1", "agent2")}
    pages = {user: context.new_page() for user, context in contexts.items()}
    for user, page in pages.items():
        sign_in(page, desk, user)
    yield pages
    for context in contexts.values():
        context.close()


def row_of(page: Page, key: str) -> Locator:
    return page.locator(f'[data-testid=contact-field][data-key="{key}"]')


def define(page: Page, label: str, kind: str, *options: str) -> None:
    page.get_by_test_id("field-new").click()
    page.locator("input[name=label]").fill(label)
    page.locator("select[name=type]").select_option(kind)
    for at, option in enumerate(options, 1):
        page.get_by_label(f"{at}. seçenek", exact=True).fill(option)
        if at < len(options):
            page.keyboard.press("Enter")
    page.get_by_test_id("field-save").click()
    expect(page.get_by_test_id("field-row").filter(has_text=label)).to_be_visible()


def test_a_field_is_defined_filled_and_seen_by_a_colleague(screens: dict[str, Page], desk: Desk) -> None:
    supervisor, agent, colleague = screens["supervisor"], screens["agent1"], screens["agent2"]
    say(desk, "Lale Alan", "905550410001", text="Merhaba")
    open_row(supervisor, "Lale Alan")
    supervisor.get_by_role("link", name="Alanları tanımla").click()
    define(supervisor, "Tedavi türü", "multi_select", "Zirkonyum", "İmplant", "Dolgu")
    define(supervisor, "Doğum günü", "date")
    define(supervisor, "Sitesi", "url")
    define(supervisor, "Yakını var", "boolean")
    rows = supervisor.get_by_test_id("field-row").locator("strong")
    supervisor.get_by_role("button", name="Taşı: Doğum günü").press("ArrowUp")
    with supervisor.expect_response(lambda answer: answer.url.endswith("/order")) as answered:
        names = rows.all_inner_texts()
    assert answered.value.ok
    assert names.index("Doğum günü") + 1 == names.index("Tedavi türü")
    supervisor.get_by_role("button", name="Taşı: Yakını var").hover()
    supervisor.mouse.down()
    supervisor.get_by_test_id("field-row").filter(has_text="Sitesi").hover()
    with supervisor.expect_response(lambda answer: answer.url.endswith("/order")):
        supervisor.mouse.up()
        names = rows.all_inner_texts()
    assert names.index("Yakını var") + 1 == names.index("Sitesi")
    with supervisor.expect_response(lambda answer: answer.url.endswith("/order")):
        supervisor.get_by_role("button", name="Taşı: Yakını var").press("ArrowDown")
    assert axe_violations(supervisor) == []

    open_row(agent, "Lale Alan")
    open_row(colleague, "Lale Alan")
    expect(row_of(colleague, "dogum_gunu")).to_contain_text("Ekle…")
    row_of(agent, "dogum_gunu").get_by_role("button").click()
    agent.keyboard.type("31.2.1990")
    agent.keyboard.press("Enter")
    expect(row_of(agent, "dogum_gunu").get_by_role("alert")).to_be_visible()
    agent.get_by_label("Doğum günü", exact=True).fill("5.3.1990")
    agent.keyboard.press("Tab")
    expect(row_of(agent, "dogum_gunu")).to_contain_text("05.03.1990")
    expect(agent.get_by_role("option", name="Dolgu")).to_be_visible()
    agent.keyboard.type("imp")
    expect(agent.locator("[data-overlay] [role=option]")).to_have_count(1)
    agent.keyboard.press("Enter")
    agent.keyboard.type("zir")
    expect(agent.locator("[data-overlay] [role=option]")).to_have_count(1)
    agent.keyboard.press("Enter")
    agent.keyboard.press("Tab")
    expect(row_of(agent, "tedavi_turu")).to_contain_text("Zirkonyum, İmplant")
    agent.keyboard.type("javascript:alert(1)")
    agent.keyboard.press("Enter")
    expect(row_of(agent, "sitesi").get_by_role("alert")).to_contain_text("http")
    agent.get_by_label("Sitesi", exact=True).fill("klinik.example")
    agent.keyboard.press("Enter")
    link = row_of(agent, "sitesi").get_by_role("link")
    expect(link).to_have_attribute("href", "https://klinik.example")
    expect(link).to_have_attribute("rel", re.compile("noopener"))
    row_of(agent, "yakini_var").get_by_role("switch").click()
    expect(row_of(agent, "yakini_var")).to_contain_text("Evet")
    assert axe_violations(agent) == []
    for key, text in (("dogum_gunu", "05.03.1990"), ("tedavi_turu", "Zirkonyum, İmplant"), ("yakini_var", "Evet")):
        expect(row_of(colleague, key)).to_contain_text(text)

    row_of(agent, "dogum_gunu").get_by_role("button").click()
    agent.keyboard.type("1.1.2001")
    agent.keyboard.press("Escape")
    expect(row_of(agent, "dogum_gunu")).to_contain_text("05.03.1990")
    expect(row_of(agent, "dogum_gunu").get_by_role("button")).to_be_focused()

    supervisor.get_by_role("button", name="Arşivle: Sitesi").click()
    expect(supervisor.get_by_test_id("field-archived").filter(has_text="Sitesi")).to_be_visible()
    supervisor.get_by_role("button", name="Geri al").click()
    expect(supervisor.get_by_test_id("field-row").filter(has_text="Sitesi")).to_be_visible()


def test_a_value_that_a_colleague_has_just_changed_is_not_written_over(browser: Browser, desk: Desk) -> None:
    """The screen is told late on purpose: it hears of changes only after its own answer."""
    say(desk, "Lale Çakışma", "905550410002", text="Merhaba")
    with desk.signed_in("supervisor") as client:
        client.post("/api/v1/contact-fields", json={"label": "Çakışan", "type": "text"}).raise_for_status()
        context = new_context(browser, size=DESKTOP)
        page = context.new_page()
        sign_in(page, desk, "agent1")
        open_row(page, "Lale Çakışma")
        row_of(page, "cakisan").get_by_role("button").click()
        contact = desk.rows("select id from contact where name = $1", "Lale Çakışma")[0]["id"]
        client.patch(f"/api/v1/contacts/{contact}", json={"fields": {"cakisan": "Onunki"}}).raise_for_status()
        page.keyboard.type("Benimki")
        page.keyboard.press("Enter")
        expect(row_of(page, "cakisan")).to_contain_text("Onunki")
        context.close()


def test_a_note_about_a_person_is_written_changed_and_deleted_with_a_way_back(browser: Browser, desk: Desk) -> None:
    say(desk, "Lale Not", "905550410003", text="Merhaba")
    contexts = [new_context(browser, size=size) for size in (PHONE, DESKTOP)]
    page, colleague = [context.new_page() for context in contexts]
    sign_in(page, desk, "agent1")
    sign_in(colleague, desk, "agent2")
    open_row(colleague, "Lale Not")
    open_row(page, "Lale Not")
    page.get_by_role("button", name="Lale Not").click()
    page.get_by_test_id("contact-note-add").click()
    page.keyboard.type("Doğal ton istiyor.")
    page.get_by_role("button", name="Kaydet", exact=True).click()
    note = page.get_by_test_id("contact-note")
    expect(note).to_contain_text("Doğal ton istiyor.")
    expect(colleague.get_by_test_id("contact-note")).to_contain_text("Doğal ton istiyor.")
    expect(colleague.get_by_role("button", name="Notu sil")).to_have_count(0)
    note.get_by_role("button", name="Notu düzenle").click()
    page.keyboard.press("End")
    page.keyboard.type(" Korkuyor.")
    page.keyboard.press("Control+Enter")
    expect(colleague.get_by_test_id("contact-note")).to_contain_text("Doğal ton istiyor. Korkuyor.")
    note.get_by_role("button", name="Notu sil").click()
    expect(note).to_have_count(0)
    page.get_by_role("button", name="Geri al").click()
    expect(note).to_have_count(1)
    assert axe_violations(page) == []
    for context in contexts:
        context.close()
