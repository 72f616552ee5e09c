"""Templates: a supervisor writes one, WhatsApp judges it while she looks on, and an agent writes to somebody new with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.desk import ROOT, Desk, wait_until
from tests.journeys.conftest import DESKTOP, new_context, sign_in

WORDS: dict[str, Any] = json.loads((ROOT / "web" / "src" / "features" / "templates" / "i18n" / "tr.json").read_text())
SENTENCES: dict[str, str] = json.loads((ROOT / "src" / "invekto" / "locale" / "tr.json").read_text())
REMINDER = "Merhaba {{1}}, *27 Kasım Cuma* saat {{2}} randevunuzu hatırlatırız."

CAROUSEL: dict[str, Any] = {
    "name": "kart_destesi",
    "language": "tr",
    "category": "MARKETING",
    "components": [{"type": "BODY", "text": "Kartlara bakın."}, {"type": "CAROUSEL", "cards": []}],
}


@pytest.fixture(scope="module")
def approved(desk: Desk) -> str:
    """A template that the firm may send from the beginning."""
    template: dict[str, Any] = {
        "name": "kontrol_gunu",
        "language": "tr",
        "category": "UTILITY",
        "components": [
            {"type": "BODY", "text": REMINDER, "example": {"body_text": [["Ayşe", "14:30"]]}},
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Onaylıyorum"}]},
        ],
    }
    with desk.customer() as control, desk.signed_in("supervisor") as client:
        control.post("/whatsapp_cloud/templates", json={"templates": [template, CAROUSEL]}).raise_for_status()
        channel = client.get("/api/v1/channels").json()["items"][0]["id"]
        client.post("/api/v1/templates/sync", json={"channel_id": channel}).raise_for_status()
    return str(template["name"])


@pytest.fixture
def judged_soon(desk: Desk) -> Iterator[None]:
    """What is submitted is judged as soon as the page has shown that it waits; afterwards as before."""
    with desk.customer() as control:
        before = control.put("/whatsapp_cloud/review", json={"after_s": 3}).raise_for_status().json()
        yield
        control.put("/whatsapp_cloud/review", json=before)


@pytest.fixture
def supervisor(browser: Browser, desk: Desk) -> Iterator[Page]:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk, "supervisor")
    yield page
    context.close()


@pytest.fixture
def agent(browser: Browser, desk: Desk, approved: str) -> Iterator[Page]:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk, "agent1")
    yield page
    context.close()


def field(page: Page, name: str) -> Locator:
    return page.locator(f"[name='{name}']")


def test_a_template_is_written_linted_submitted_and_approved_before_her_eyes(
    supervisor: Page, desk: Desk, judged_soon: None
) -> None:
    page = supervisor
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.get_by_role("link", name=WORDS["page"]["new"]).click()
    expect(field(page, "name")).to_be_focused()
    page.keyboard.type("Randevu Onayı")
    expect(field(page, "name")).to_have_value("randevu_onayi")

    body = page.get_by_test_id("template-body")
    body.fill("{{1}}, randevunuz onaylandı.")
    field(page, "footer").focus()
    expect(page.get_by_text("Metin bir değişkenle başlayamaz ve bitemez.")).to_be_visible()
    expect(body).to_have_attribute("aria-invalid", "true")
    body.fill("Merhaba ")
    page.get_by_test_id("template-variable").click()
    page.keyboard.type(", *randevunuz* onaylandı.")
    expect(body).to_have_value("Merhaba {{1}}, *randevunuz* onaylandı.")
    expect(body).not_to_have_attribute("aria-invalid", "true")

    page.get_by_test_id("template-submit").click()
    sample = field(page, "sample.body.1")
    expect(sample).to_be_focused()
    assert desk.rows("select 1 from template where name = 'randevu_onayi'") == []
    sample.fill("Ayşe")
    preview = page.get_by_test_id("template-preview")
    expect(preview).to_contain_text("Merhaba Ayşe, randevunuz onaylandı.")
    expect(preview.locator("strong")).to_have_text("randevunuz")
    page.get_by_test_id("template-submit").click()

    state = page.get_by_role("region", name=WORDS["one"]["state"])
    expect(state).to_contain_text(SENTENCES["template_todo_in_review"])
    # Nobody touches the page any more.
    expect(state).to_contain_text(WORDS["next"]["approved"])
    page.get_by_role("link", name=WORDS["page"]["title"], exact=True).last.click()
    row = page.get_by_test_id("template-row").filter(has_text="randevu_onayi")
    expect(row).to_contain_text(WORDS["status"]["approved"])


def test_a_refusal_says_why_and_the_template_can_be_written_again(
    supervisor: Page, desk: Desk, judged_soon: None
) -> None:
    page = supervisor
    verdict = {"status": "REJECTED", "reason": "INCORRECT_CATEGORY"}
    with desk.customer() as control:
        control.put("/whatsapp_cloud/review", json={"after_s": 0.2, "verdict": verdict}).raise_for_status()
    page.goto(f"{desk.url}/templates/new")
    field(page, "name").fill("kis_programi")
    page.get_by_test_id("template-body").fill("Kış programımız açıldı, sizi de bekleriz.")
    page.get_by_test_id("template-submit").click()
    state = page.get_by_role("region", name=WORDS["one"]["state"])
    expect(state).to_contain_text("Kategori içeriğe uymuyor.")
    with desk.customer() as control:
        control.put("/whatsapp_cloud/review", json={"verdict": {"status": "APPROVED"}}).raise_for_status()
    page.get_by_role("link", name=WORDS["one"]["edit"]).click()
    expect(field(page, "name")).to_have_attribute("readonly", "")
    field(page, "category").select_option("MARKETING")
    page.get_by_test_id("template-submit").click()
    expect(state).to_contain_text(WORDS["next"]["approved"])
    page.get_by_role("button", name=WORDS["one"]["delete"]).click()
    page.get_by_test_id("template-delete").click()
    expect(page).to_have_url(f"{desk.url}/templates")
    expect(page.get_by_test_id("template-row").filter(has_text="kis_programi")).to_have_count(0)


def test_a_template_that_cannot_be_sent_says_why_and_is_not_chosen(agent: Page, desk: Desk, approved: str) -> None:
    agent.goto(f"{desk.url}/inbox/mine")
    agent.get_by_test_id("compose").click()
    agent.get_by_test_id("first-phone").fill("0555 888 00 09")
    search = agent.get_by_test_id("template-search")
    search.fill("kart destesi")
    option = agent.get_by_test_id("template-option")
    expect(option).to_contain_text(SENTENCES["template_blocked_carousel"])
    expect(option).to_contain_text(SENTENCES["template_todo_carousel"])
    expect(option).to_have_attribute("aria-disabled", "true")
    search.press("ArrowDown")
    search.press("Enter")
    expect(option).to_have_attribute("aria-selected", "false")
    option.click(force=True)
    expect(agent.get_by_test_id("template-fill")).to_have_count(0)
    search.fill(approved)
    search.press("Enter")
    expect(agent.get_by_test_id("template-fill")).to_be_visible()


def test_an_agent_reads_templates_and_has_no_editor(agent: Page, desk: Desk, approved: str) -> None:
    agent.goto(f"{desk.url}/templates?q=HATIRLATIRIZ")
    agent.get_by_test_id("template-row").filter(has_text=approved).get_by_role("link").click()
    expect(agent.get_by_test_id("template-preview")).to_contain_text("Merhaba Ayşe")
    expect(agent.get_by_role("link", name=WORDS["one"]["edit"])).to_have_count(0)
    agent.goto(f"{desk.url}/templates/new")
    expect(agent.get_by_role("heading", name="Böyle bir sayfa yok")).to_be_visible()


def write_to(page: Page, phone: str) -> None:
    """By keys alone, as fast as they come: the dialog's field is there before the first digit is lost."""
    expect(page.get_by_test_id("compose")).to_be_visible()
    page.locator("body").press("c")
    expect(page.get_by_test_id("first-phone")).to_be_focused()
    page.keyboard.type(phone)


def customer(desk: Desk, name: str, phone: str) -> int:
    with desk.customer() as control:
        made = control.post("/whatsapp_cloud/customers", json={"name": name, "phone": phone}).raise_for_status()
        return int(made.json()["id"])


def test_a_new_number_is_written_to_by_keyboard_alone(agent: Page, desk: Desk) -> None:
    zeynep = customer(desk, "Zeynep Aras", "905557770001")
    write_to(agent, "0212 555 01 01")
    expect(agent.get_by_text(WORDS["first"]["not_mobile"])).to_be_visible()
    agent.keyboard.press("ControlOrMeta+a")
    agent.keyboard.type("0555 777 00 01")
    expect(agent.get_by_text(WORDS["first"]["fresh"])).to_be_visible()
    agent.keyboard.press("Tab")
    agent.keyboard.type("Zeynep Aras")
    agent.keyboard.press("Tab")
    expect(agent.get_by_test_id("template-search")).to_be_focused()
    agent.keyboard.type("HATIRLATIRIZ")
    agent.keyboard.press("Enter")
    # The name is there already; the hole gets the keyboard instead of being sent.
    expect(field(agent, "body.1")).to_have_value("Zeynep")
    expect(field(agent, "body.2")).to_be_focused()
    agent.keyboard.press("Escape")
    expect(agent.get_by_test_id("template-search")).to_be_focused()
    agent.keyboard.press("Enter")
    expect(field(agent, "body.2")).to_be_focused()
    agent.keyboard.press("Enter")
    expect(agent.get_by_text(WORDS["fill"]["problem"]["required"])).to_be_visible()
    agent.keyboard.type("14:30")
    agent.keyboard.press("Enter")
    text = "Merhaba Zeynep, *27 Kasım Cuma* saat 14:30 randevunuzu hatırlatırız."
    expect(agent).to_have_url(re.compile("/inbox/mine/"))
    line = agent.get_by_test_id("message").filter(has_text="14:30 randevunuzu")
    expect(line).to_have_attribute("data-type", "template")
    expect(agent.get_by_test_id("conversation-row").filter(has_text="Zeynep Aras")).to_be_visible()

    def received() -> bool:
        with desk.customer() as control:
            items = control.get(f"/whatsapp_cloud/customers/{zeynep}/messages").json()["items"]
        return any(text in json.dumps(item, ensure_ascii=False) for item in items)

    wait_until(received, "the customer has the template")


def test_somebody_who_is_known_is_offered_before_another_template(agent: Page, desk: Desk, approved: str) -> None:
    known = {"customer": {"name": "Kaan Sezer", "phone": "905557770002"}, "text": "Merhaba, ben Kaan", "wait": True}
    with desk.customer() as control:
        control.post("/whatsapp_cloud/say", json=known).raise_for_status()
    wait_until(lambda: desk.rows("select 1 from contact where name = 'Kaan Sezer'"), "Kaan is stored")
    write_to(agent, "+90 555 777 00 02")
    offered = agent.get_by_test_id("first-known")
    expect(offered).to_contain_text("Kaan Sezer")
    expect(offered).to_contain_text(WORDS["first"]["windowOpen"])
    expect(agent.get_by_test_id("template-search")).to_have_count(0)
    agent.get_by_test_id("first-open").click()
    expect(agent.get_by_test_id("message").filter(has_text="ben Kaan")).to_be_visible()


def test_a_colleague_who_wrote_lately_is_named_and_nothing_is_left_of_a_refused_message(
    agent: Page, desk: Desk, approved: str
) -> None:
    customer(desk, "Derin Oral", "905557770003")
    with desk.signed_in("agent2") as client:
        channel = client.get("/api/v1/channels").json()["items"][0]["id"]
        template = client.get("/api/v1/templates", params={"q": approved}).json()["items"][0]["id"]
        values = {"body.1": "Derin", "body.2": "10:00"}
        body = {"channel_id": channel, "phone": "+905557770003", "name": "Derin Oral", "template_id": template}
        sent = client.post(
            "/api/v1/first-messages", json={**body, "values": values}, headers={"Idempotency-Key": "derin"}
        )
        assert sent.status_code == 201, sent.text
    messages = "select count(*) as n from message"
    before = desk.rows(messages)
    write_to(agent, "0555 777 00 03")
    expect(agent.get_by_test_id("first-known")).to_contain_text("Agent2 bu kişiye bugün")
    expect(agent.get_by_test_id("template-search")).to_have_count(0)
    agent.get_by_test_id("first-anyway").click()
    agent.get_by_test_id("template-search").press("Enter")
    field(agent, "body.1").fill("Derin")
    field(agent, "body.2").fill("11:00")
    agent.get_by_test_id("template-send").click()
    expect(agent.get_by_role("alert")).to_contain_text("Agent2")
    expect(field(agent, "body.2")).to_have_value("11:00")
    assert desk.rows(messages) == before
