"""Words that were prepared: a canned reply by a slash, a template where the window has closed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.desk import Desk, wait_until
from tests.journeys.conftest import DESKTOP, axe_violations, new_context, sign_in
from tests.journeys.test_composer import SENT, open_row, outbound, say, sent_to
from tests.journeys.test_message_and_answer import PICTURE

BODY = "Merhaba {{1}}, randevunuz {{2}} günü saat {{3}} için ayrıldı. Gelemeyecekseniz bu mesaja yazmanız yeterli."
REMINDER = {
    "name": "randevu_hatirlatma",
    "language": "tr",
    "category": "UTILITY",
    "status": "APPROVED",
    "components": [
        {"type": "BODY", "text": BODY, "example": {"body_text": [["Ayşe", "cuma", "14:30"]]}},
        {"type": "FOOTER", "text": "Mavera Klinik"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Onaylıyorum"}]},
    ],
}


@pytest.fixture(scope="module")
def prepared(desk: Desk) -> dict[str, Any]:
    """One approved template and three canned replies, one of them with a picture."""
    with desk.customer() as control:
        control.post("/whatsapp_cloud/templates", json={"templates": [REMINDER]}).raise_for_status()
    with desk.signed_in("supervisor") as client:
        [channel] = client.get("/api/v1/channels").json()["items"]
        client.post("/api/v1/templates/sync", json={"channel_id": channel["id"]}).raise_for_status()
        picture = client.post(
            "/api/v1/media", files={"file": ("panorama.png", PICTURE.read_bytes(), "image/png")}
        ).json()
        replies = [
            ("ışık", "Işık tedavisi", "Estetik", "Işık tedavisi 20 dakika sürer.", []),
            (
                "fiyat",
                "Fiyat bilgisi",
                None,
                "Merhaba {{contact.first_name}}, fiyat muayenede belli olur. {{agent.name}}",
                [],
            ),
            ("film", "Film isteği", None, "Böyle bir film yeterli.", [picture["id"]]),
        ]
        for shortcut, title, folder, text, files in replies:
            body = {
                "shortcut": shortcut,
                "title": title,
                "folder": folder,
                "texts": {"tr": text},
                "attachment_ids": files,
            }
            client.post("/api/v1/canned-replies", json=body).raise_for_status()
    return {"channel": channel["id"]}


@pytest.fixture
def page(browser: Browser, desk: Desk, prepared: dict[str, Any]) -> Iterator[Page]:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk, "agent3")
    yield page
    context.close()


def test_a_canned_reply_is_there_within_three_keys(page: Page, desk: Desk) -> None:
    say(desk, "Hale Kısayol", "905550310001", text="Fiyat nedir?")
    open_row(page, "Hale Kısayol")
    field = page.get_by_test_id("composer-input")
    field.focus()
    page.keyboard.type("/I")
    expect(page.get_by_test_id("canned-option").first).to_have_attribute("aria-selected", "true")
    page.keyboard.type("ŞIK")
    expect(page.get_by_test_id("canned-option")).to_have_count(1)
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("canned-list")).to_have_count(0)
    expect(field).to_have_value("/IŞIK")
    field.fill("")
    page.keyboard.type("/f")
    expect(page.get_by_test_id("canned-option").first).to_be_visible()
    page.keyboard.type("iy")
    page.keyboard.press("Enter")
    expect(field).to_have_value("Merhaba Hale, fiyat muayenede belli olur. Agent3")
    expect(page.get_by_test_id("message").filter(has_text="belli olur")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("message").filter(has_text="belli olur")).to_have_attribute("data-status", SENT)


def test_what_is_not_known_is_asked_for_and_nothing_goes_out_with_a_hole(page: Page, desk: Desk) -> None:
    with desk.customer() as control:
        control.post("/whatsapp_cloud/say", json={"phone": "905550310002", "text": "Kaç para?", "wait": True})
    page.get_by_test_id("view-unassigned").click()
    page.get_by_test_id("conversation-row").filter(has_text="Kaç para?").click()
    field = page.get_by_test_id("composer-input")
    field.focus()
    page.keyboard.type("/fiyat")
    expect(page.get_by_test_id("canned-option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(field).to_have_value(re.compile("{{contact.first_name}}"))
    chosen = (
        "document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)"
    )
    assert page.evaluate(chosen) == "{{contact.first_name}}"
    expect(page.get_by_test_id("composer-send")).to_be_disabled()
    assert axe_violations(page) == []
    page.keyboard.type("Hanımefendi")
    expect(page.get_by_test_id("composer-send")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("message").filter(has_text="Merhaba Hanımefendi")).to_have_attribute("data-status", SENT)


def test_ctrl_and_enter_send_a_canned_reply_at_once_with_its_file_unless_a_hole_is_left(page: Page, desk: Desk) -> None:
    with desk.customer() as control:
        control.post("/whatsapp_cloud/say", json={"phone": "905550310007", "text": "Film nasıl olmalı?", "wait": True})
    open_row(page, "Film nasıl olmalı?")
    field = page.get_by_test_id("composer-input")
    field.focus()
    page.keyboard.type("/film")
    expect(page.get_by_test_id("canned-option")).to_have_count(1)
    page.keyboard.press("Control+Enter")
    expect(outbound(page, "image")).to_have_attribute("data-status", SENT)
    expect(outbound(page, "image")).to_contain_text("Böyle bir film yeterli.")
    expect(field).to_have_value("")

    page.keyboard.type("/fiyat")
    expect(page.get_by_test_id("canned-option")).to_have_count(1)
    page.keyboard.press("Control+Enter")
    expect(field).to_have_value(re.compile("contact.first_name"))
    page.keyboard.type("Hatice Hanım")
    expect(field).to_have_value("Merhaba Hatice Hanım, fiyat muayenede belli olur. Agent3")
    expect(page.get_by_test_id("message").filter(has_text="belli olur")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("message").filter(has_text="belli olur")).to_have_attribute("data-status", SENT)


def test_the_files_of_a_canned_reply_join_the_tray(page: Page, desk: Desk) -> None:
    say(desk, "Jale Film", "905550310003", text="Ne göndereyim?")
    open_row(page, "Jale Film")
    page.get_by_test_id("composer-canned").click()
    page.keyboard.type("film")
    expect(page.get_by_test_id("canned-option")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.get_by_label("Eklenen dosyalar").get_by_text("panorama.png")).to_be_visible()
    page.get_by_test_id("composer-send").click()
    picture = outbound(page, "image")
    expect(picture).to_have_attribute("data-status", SENT)
    expect(picture).to_contain_text("Böyle bir film yeterli.")


def test_a_closed_window_becomes_the_picker_of_templates(page: Page, desk: Desk) -> None:
    customer = say(desk, "Kenan Dün", "905550310004", text="Dünden", age_s=90_000)["customer"]
    page.get_by_test_id("view-unassigned").click()
    page.get_by_test_id("conversation-row").filter(has_text="Kenan Dün").click()
    expect(page.get_by_test_id("composer-blocked")).to_be_visible()
    page.get_by_test_id("template-search").fill("RANDEVU")
    page.keyboard.press("Enter")
    form = page.get_by_test_id("template-fill")
    expect(form.locator("[name='body.1']")).to_have_value("Kenan")
    expect(form.locator("[name='body.2']")).to_be_focused()
    assert axe_violations(page) == []
    page.keyboard.type("cuma")
    form.locator("[name='body.3']").fill("14:30")
    page.keyboard.press("Control+Enter")
    line = outbound(page, "template")
    expect(line).to_have_attribute("data-status", SENT)
    expect(line).to_contain_text("Merhaba Kenan, randevunuz cuma günü saat 14:30")
    [sent] = sent_to(desk, customer)
    assert sent["request"]["template"]["name"] == "randevu_hatirlatma"


def test_what_fails_because_the_window_closed_offers_a_template(page: Page, desk: Desk) -> None:
    customer = say(desk, "Leyla Geç", "905550310005", text="Orada mısınız?")["customer"]
    open_row(page, "Leyla Geç")
    with desk.customer() as control:
        control.put("/faults", json={"faults": {"refuse": {"code": 131047, "http": 400}}}).raise_for_status()
    try:
        page.get_by_test_id("composer-input").fill("Buradayız")
        page.get_by_test_id("composer-send").click()
        failed = page.get_by_test_id("message").filter(has_text="Buradayız")
        expect(failed).to_have_attribute("data-status", "failed")
    finally:
        with desk.customer() as control:
            control.put("/faults", json={"faults": {"refuse": None}}).raise_for_status()
    expect(failed.get_by_role("button")).to_have_text(["Şablon gönder", "Vazgeç"])
    failed.get_by_role("button").first.click()
    expect(page.get_by_test_id("template-search")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("composer-input")).to_be_focused()
    failed.get_by_role("button").last.click()
    expect(failed).to_have_count(0)
    wait_until(lambda: sent_to(desk, customer) == [], "nothing reached the customer")


def test_a_supervisor_writes_changes_and_deletes_canned_replies(browser: Browser, desk: Desk) -> None:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk, "supervisor")
    page.get_by_role("link", name="Hızlı yanıtlar").click()
    page.get_by_test_id("canned-new").click()
    page.keyboard.type("Adres ve yol tarifi")
    page.get_by_test_id("canned-save").click()
    expect(page.get_by_text("Burası boş kalamaz.").first).to_be_visible()
    page.get_by_label("Kısayol").fill("/adres")
    page.get_by_label("Metin · Türkçe").fill("Merhaba ")
    page.get_by_label("Metin · Türkçe").press("End")
    page.get_by_role("button", name="Müşterinin adı", exact=True).click()
    page.get_by_role("button", name="İngilizce ekle").click()
    page.get_by_label("Metin · İngilizce").fill("Hello")
    page.get_by_test_id("canned-files").set_input_files(str(PICTURE))
    expect(page.get_by_text("panorama.png")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_test_id("canned-save").click()
    row = page.get_by_test_id("canned-row").filter(has_text="Adres ve yol tarifi")
    expect(row).to_contain_text("Merhaba Müşterinin adı")
    expect(row).to_contain_text("1 dosya")
    assert axe_violations(page) == []

    row.get_by_role("button", name="Düzenle").click()
    page.get_by_label("Kısayol").fill("adres2")
    page.get_by_test_id("canned-save").click()
    expect(row).to_contain_text("/adres2")
    row.get_by_role("button", name="Sil").press("Enter")
    expect(row).to_have_count(0)
    expect(page.locator(":focus")).to_have_attribute("aria-label", re.compile("^Sil: "))
    page.get_by_role("button", name="Geri al").click()
    expect(row).to_be_visible()
    row.get_by_role("button", name="Sil").click()
    expect(row).to_have_count(0)
    held = "select 1 from canned_reply where shortcut = 'adres2'"
    wait_until(lambda: desk.rows(held) == [], "it is deleted when there is no way back any more")
    context.close()
