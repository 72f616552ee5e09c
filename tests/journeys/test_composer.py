"""What the composer sends besides words and files: a voice note, a place, a card, buttons that the customer presses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.desk import Desk
from tests.journeys.conftest import DESKTOP, PHONE, axe_violations, new_context, sign_in

SENT = re.compile("sent|delivered|read")


def say(desk: Desk, name: str, phone: str, **message: Any) -> dict[str, Any]:
    """A customer writes; the sandbox's answer."""
    with desk.customer() as control:
        body = {"customer": {"name": name, "phone": phone}, "wait": True, **message}
        answer = control.post("/whatsapp_cloud/say", json=body).raise_for_status()
    said: dict[str, Any] = answer.json()
    return said


def sent_to(desk: Desk, customer: int) -> list[dict[str, Any]]:
    """What the firm's calls carried, oldest first."""
    with desk.customer() as control:
        answer = control.get("/whatsapp_cloud/sent", params={"customer": customer, "count": 1, "timeout": 10})
    items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return items


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk, "agent3")
    yield page
    context.close()


def open_row(page: Page, name: str) -> None:
    page.get_by_test_id("view-unassigned").click()
    page.get_by_test_id("conversation-row").filter(has_text=name).click()
    expect(page.get_by_test_id("composer-input")).to_be_visible()


def outbound(page: Page, type_: str) -> Locator:
    return page.locator(f"[data-testid=message][data-direction=outbound][data-type={type_}]")


def test_a_voice_note_is_recorded_heard_and_sent_as_phones_play_it(page: Page, desk: Desk) -> None:
    customer = say(desk, "Ayla Ses", "905550300001", text="Sizi dinliyorum")["customer"]
    open_row(page, "Ayla Ses")
    page.get_by_test_id("composer-voice").click()
    recorder = page.get_by_test_id("voice-recorder")
    expect(recorder).to_have_attribute("data-phase", "recording")
    expect(recorder.locator("time")).to_have_text("0:01")
    assert axe_violations(page) == []
    page.get_by_test_id("voice-pause").click()
    expect(recorder).to_have_attribute("data-phase", "paused")
    page.get_by_test_id("voice-pause").click()
    page.get_by_test_id("voice-listen").click()
    expect(page.get_by_test_id("voice-play")).to_be_focused()
    assert axe_violations(page) == []
    page.get_by_test_id("voice-send").click()
    expect(page.get_by_test_id("composer-input")).to_be_focused()
    expect(outbound(page, "audio")).to_have_attribute("data-status", SENT)
    [stored] = desk.rows(
        "select f.id::text, f.mime from attachment f join message m on m.id = f.message_id"
        "  join conversation c on c.id = m.conversation_id join contact k on k.id = c.contact_id"
        " where f.kind = 'audio' and f.voice and m.direction = 'outbound' and k.name = 'Ayla Ses'"
    )
    assert stored["mime"].startswith("audio/ogg")
    sound = page.request.get(f"{desk.url}/api/v1/media/{stored['id']}").body()
    assert sound.startswith(b"OggS")
    assert b"OpusHead" in sound[:200]
    [note] = sent_to(desk, customer)
    assert note["request"]["audio"]["voice"] is True


def test_a_recording_waits_in_the_conversation_that_was_left(page: Page, desk: Desk) -> None:
    say(desk, "Berk Bekler", "905550300002", text="Alo")
    say(desk, "Cansu Araya", "905550300003", text="Ben de")
    open_row(page, "Berk Bekler")
    page.get_by_test_id("composer-voice").click()
    recorder = page.get_by_test_id("voice-recorder")
    expect(recorder.locator("time")).to_have_text("0:01")
    open_row(page, "Cansu Araya")
    expect(recorder).to_have_count(0)
    open_row_again = page.get_by_test_id("conversation-row").filter(has_text="Berk Bekler")
    page.wait_for_timeout(500)
    open_row_again.click()
    expect(recorder).to_have_attribute("data-phase", "heard")
    page.get_by_test_id("voice-discard").click()
    expect(page.get_by_test_id("composer-input")).to_be_focused()
    expect(outbound(page, "audio")).to_have_count(0)


def test_a_refused_microphone_is_said_in_a_sentence(page: Page, desk: Desk) -> None:
    say(desk, "Derya Sessiz", "905550300004", text="Merhaba")
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError')) }"
    )
    open_row(page, "Derya Sessiz")
    page.get_by_test_id("composer-voice").click()
    expect(page.get_by_test_id("voice-trouble")).to_contain_text("Mikrofona izin verilmedi")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Vazgeç").click()
    expect(page.get_by_test_id("composer-input")).to_be_focused()


def test_buttons_reach_the_customer_and_what_is_pressed_comes_back(page: Page, desk: Desk) -> None:
    name, phone = "Emre Düğme", "905550300005"
    customer = say(desk, name, phone, text="Randevu almak istiyorum")["customer"]
    open_row(page, name)
    page.get_by_test_id("composer-input").fill("Hangi gün size uyar?")
    page.get_by_test_id("composer-attach-menu").click()
    page.get_by_test_id("attach-interactive").click()
    expect(page.get_by_test_id("interactive-text")).to_have_value("Hangi gün size uyar?")
    page.get_by_test_id("send-interactive").click()
    expect(page.get_by_text("Burası boş kalamaz.")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_label("Düğme 1", exact=True).fill("Cuma")
    page.get_by_role("button", name="Düğme ekle").click()
    page.get_by_label("Düğme 2", exact=True).fill("Cumartesi öğleden sonra")
    expect(page.get_by_text("En çok 20 karakter.")).to_be_visible()
    page.get_by_label("Düğme 2", exact=True).fill("Cumartesi")
    expect(page.get_by_test_id("interactive-preview")).to_contain_text("Cumartesi")
    page.get_by_test_id("send-interactive").click()
    expect(outbound(page, "interactive")).to_have_attribute("data-status", SENT)
    expect(page.get_by_test_id("composer-input")).to_have_value("")

    [asked] = sent_to(desk, customer)
    button = asked["request"]["interactive"]["action"]["buttons"][1]["reply"]
    assert button["title"] == "Cumartesi"
    pressed = {"type": "button_reply", "button_reply": button}
    say(desk, name, phone, type="interactive", interactive=pressed, reply_to=asked["id"])
    answer = page.locator("[data-testid=message][data-direction=inbound][data-type=interactive]")
    expect(answer).to_contain_text("Cumartesi")


def test_a_list_of_two_sections_reaches_the_customer(page: Page, desk: Desk) -> None:
    customer = say(desk, "Gonca Liste", "905550300007", text="Hangi günler boş?")["customer"]
    open_row(page, "Gonca Liste")
    page.get_by_test_id("composer-attach-menu").click()
    page.get_by_test_id("attach-interactive").click()
    page.get_by_test_id("interactive-text").fill("Size uyan saati seçin")
    page.get_by_role("radio", name="Liste").check(force=True)
    page.get_by_label("Listeyi açan düğme").fill("Saatler")
    page.get_by_label("Seçenek 1", exact=True).fill("Sabah")
    page.get_by_role("button", name="Bölüm ekle").click()
    expect(page.get_by_label("Bölüm 2 başlığı")).to_be_focused()
    page.keyboard.type("Cumartesi")
    page.get_by_label("Seçenek 1", exact=True).nth(1).fill("Sabah")
    page.get_by_test_id("send-interactive").click()
    expect(page.get_by_text("Burası boş kalamaz.")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_label("Bölüm 1 başlığı").fill("Cuma")
    page.get_by_test_id("send-interactive").click()
    expect(outbound(page, "interactive")).to_have_attribute("data-status", SENT)
    [asked] = sent_to(desk, customer)
    sections = asked["request"]["interactive"]["action"]["sections"]
    found = [(section["title"], [row["title"] for row in section["rows"]]) for section in sections]
    assert found == [("Cuma", ["Sabah"]), ("Cumartesi", ["Sabah"])]


def test_an_emoji_is_found_by_its_word_and_stands_where_the_cursor_was(page: Page, desk: Desk) -> None:
    say(desk, "Hande Gülüş", "905550300008", text="Teşekkürler")
    open_row(page, "Hande Gülüş")
    field = page.get_by_test_id("composer-input")
    field.fill("Rica ederiz, yine bekleriz")
    field.evaluate("field => field.setSelectionRange(11, 11)")
    page.keyboard.press("Control+e")
    expect(page.get_by_test_id("emoji-search")).to_be_focused()
    page.keyboard.type("KALP ATIŞ")
    expect(page.get_by_role("button", name="çarpan kalp")).to_be_visible()
    assert axe_violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("composer-emoji-panel")).to_have_count(0)
    expect(field).to_be_focused()
    page.keyboard.type("!")
    expect(field).to_have_value("Rica ederiz💓!, yine bekleriz")

    page.get_by_test_id("composer-emoji").click()
    lately = page.get_by_role("region", name="Son kullanılanlar").get_by_role("button")
    expect(lately).to_have_text(["💓"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("Rica ederiz💓!💓, yine bekleriz")
    page.get_by_test_id("composer-emoji").click()
    page.keyboard.press("Escape")
    expect(field).to_be_focused()
    expect(page.get_by_test_id("message").filter(has_text="💓")).to_have_count(0)


def test_a_place_and_a_card_go_out_from_a_phone(browser: Browser, desk: Desk) -> None:
    customer = say(desk, "Fatma Konum", "905550300006", text="Neredesiniz?")["customer"]
    context = new_context(browser, size=PHONE)
    page = context.new_page()
    sign_in(page, desk, "agent3")
    page.goto(f"{desk.url}/inbox/unassigned")
    open_row(page, "Fatma Konum")
    page.get_by_test_id("composer-attach-menu").click()
    page.get_by_test_id("attach-location").click()
    expect(page.get_by_test_id("send-location")).to_be_disabled()
    page.get_by_label("Enlem").fill("95")
    expect(page.get_by_text("Derece olarak yazın")).to_be_visible()
    page.get_by_label("Enlem").fill("41,0082")
    page.get_by_label("Boylam").fill("28.9784")
    page.get_by_label("Yer adı").fill("Mavera Klinik Nişantaşı")
    assert axe_violations(page) == []
    page.get_by_test_id("send-location").click()
    expect(outbound(page, "location")).to_have_attribute("data-status", SENT)

    page.get_by_test_id("composer-attach-menu").click()
    page.get_by_test_id("attach-contacts").click()
    page.get_by_label("Ad soyad").fill("Dr. Sarp Eren")
    page.get_by_label("Telefon", exact=True).fill("+90 555 010 44 18")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Bir kart daha ekle").click()
    expect(page.get_by_label("Ad soyad").nth(1)).to_be_focused()
    page.keyboard.type("Hasta Kabul")
    expect(page.get_by_test_id("send-card")).to_be_disabled()
    page.get_by_label("E-posta").nth(1).fill("kabul@mavera.example")
    assert axe_violations(page) == []
    page.keyboard.press("Enter")
    expect(outbound(page, "contacts")).to_have_attribute("data-status", SENT)
    expect(outbound(page, "contacts")).to_contain_text("Hasta Kabul")

    place, card = sent_to(desk, customer)
    assert place["request"]["location"] == {
        "latitude": 41.0082,
        "longitude": 28.9784,
        "name": "Mavera Klinik Nişantaşı",
    }
    assert card["request"]["contacts"][0]["phones"][0]["phone"] == "+90 555 010 44 18"
    context.close()
