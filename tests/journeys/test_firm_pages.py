"""A supervisor arranges the firm: a number's name, team and files, what is shown of deleted messages, a reply's files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from tests.desk import ROOT, Desk, wait_until
from tests.journeys.conftest import DESKTOP, new_context, sign_in
from tests.journeys.test_composer import open_row, outbound, say
from tests.journeys.test_message_and_answer import PICTURE


def words(feature: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "web/src/features" / feature / "i18n/tr.json").read_text())
    return found


CHANNELS, CANNED, SETTINGS = words("channels"), words("canned"), words("settings")


@pytest.fixture
def supervisor(browser: Browser, desk: Desk) -> Iterator[Page]:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk, "supervisor")
    yield page
    context.close()


@pytest.fixture
def as_before(desk: Desk) -> Iterator[None]:
    """The firm's number and settings are those of the other stories again, whatever this one changes."""
    with desk.signed_in("supervisor") as client:
        channel = client.get("/api/v1/channels").json()["items"][0]
        kept = {key: channel[key] for key in ("name", "team_id")} | {"media_policy": {"kind": "store"}}
        yield
        client.patch(f"/api/v1/channels/{channel['id']}", json=kept).raise_for_status()
        client.patch("/api/v1/settings", json={"revoked_messages": "show"}).raise_for_status()


def choice(page: Page, value: str) -> Locator:
    return page.locator(f"input[type=radio][value={value}]")


def test_a_number_gets_a_name_a_team_and_a_time_for_its_files(supervisor: Page, desk: Desk, as_before: None) -> None:
    page = supervisor
    page.goto(f"{desk.url}/channels")
    page.get_by_test_id("channel-settings").first.click()
    form = page.get_by_test_id("channel-settings-form")
    name = form.locator("input[name=name]")
    expect(name).to_be_focused()
    name.fill(" ")
    page.keyboard.press("Enter")
    expect(form.get_by_text(CHANNELS["settings"]["problem"]["name"])).to_be_visible()
    expect(name).to_be_focused()
    name.fill("Ataşehir hattı")
    form.locator("select[name=team]").select_option(label=CHANNELS["settings"]["noTeam"])
    choice(page, "store_days").check()
    form.locator("input[name=days]").fill("0")
    expect(form.get_by_text(CHANNELS["settings"]["problem"]["days"])).to_be_visible()
    form.locator("input[name=days]").fill("45")
    expect(form.get_by_text("45 günden eski dosyalar")).to_be_visible()
    page.get_by_test_id("channel-settings-save").click()
    card = page.get_by_test_id("channel-card").filter(has_text="Ataşehir hattı")
    expect(card).to_contain_text("Dosyalar 45 gün saklanıyor")
    expect(card).to_contain_text(CHANNELS["card"]["noTeam"])
    held = "select team_id, media_policy, media_days from channel where name = 'Ataşehir hattı'"
    assert desk.rows(held) == [{"team_id": None, "media_policy": "store_days", "media_days": 45}]

    # What is not changed is not sent: a dialog that is saved as it was opened leaves no trace.
    trace = "select count(*) as n from audit_entry where action = 'channel.changed'"
    before = desk.rows(trace)
    page.get_by_test_id("channel-settings").first.click()
    page.get_by_test_id("channel-settings-save").click()
    expect(form).to_have_count(0)
    assert desk.rows(trace) == before


def test_disconnecting_says_what_ends_and_what_stays_and_asks(supervisor: Page, desk: Desk) -> None:
    page = supervisor
    page.goto(f"{desk.url}/channels")
    page.get_by_test_id("disconnect-channel").first.click()
    dialog = page.get_by_role("dialog")
    for key in ("endsMessages", "endsToken", "staysHere", "staysThere"):
        expect(dialog.get_by_text(CHANNELS["disconnect"][key])).to_be_visible()
    expect(dialog.get_by_role("button", name=CHANNELS["disconnect"]["stay"])).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.get_by_test_id("disconnect-channel").first).to_be_focused()
    assert desk.rows("select 1 from channel where credentials is null") == []


def test_a_deleted_message_is_marked_and_where_the_firm_hides_it_an_agent_sees_nothing_of_it(
    browser: Browser, supervisor: Page, desk: Desk, as_before: None
) -> None:
    said = say(desk, "Nur Silen", "905550330001", text="Kart numaram 4111")
    revoke = {"type": "revoke", "revoke": {"original_message_id": said["id"]}}
    say(desk, "Nur Silen", "905550330001", message=revoke)
    context = new_context(browser, size=DESKTOP)
    agent = context.new_page()
    sign_in(agent, desk, "agent2")
    agent.get_by_test_id("view-unassigned").click()
    row = agent.get_by_test_id("conversation-row").filter(has_text="Nur Silen")
    expect(row).to_contain_text("Kart numaram")
    row.click()
    line = agent.get_by_test_id("message").first
    expect(line).to_contain_text("Kart numaram 4111")
    expect(line).to_contain_text("Müşteri bu mesajı sildi")

    supervisor.get_by_role("link", name=SETTINGS["title"]).click()
    expect(choice(supervisor, "show")).to_be_checked()
    choice(supervisor, "hide").focus()
    supervisor.keyboard.press("Space")
    expect(supervisor.get_by_text(SETTINGS["revoked"]["saved"])).to_be_visible()
    supervisor.reload()
    expect(choice(supervisor, "hide")).to_be_checked()

    agent.reload()
    expect(line).to_contain_text("Müşteri bu mesajı sildi")
    expect(agent.get_by_text("Kart numaram")).to_have_count(0)
    context.close()


def test_a_replys_files_are_named_and_go_in_the_order_they_are_put_in(
    browser: Browser, supervisor: Page, desk: Desk
) -> None:
    page = supervisor
    page.goto(f"{desk.url}/canned-replies")
    page.get_by_test_id("canned-new").click()
    page.keyboard.type("Kroki ve fiyatlar")
    page.get_by_label("Kısayol").fill("kroki")
    page.get_by_label("Metin · Türkçe").fill("İkisi de ekte.")
    price: FilePayload = {"name": "Fiyat listesi.txt", "mimeType": "text/plain", "buffer": "Muayene 1.500 ₺".encode()}
    page.get_by_test_id("canned-files").set_input_files(price)
    files = page.get_by_test_id("canned-file")
    expect(files).to_have_count(1)
    page.get_by_test_id("canned-files").set_input_files(str(PICTURE))
    expect(files).to_have_text(["Fiyat listesi.txtBelge · 17 B", "panorama.pngGörsel · 3 KB"])
    page.get_by_role("button", name=CANNED["editor"]["fileUp"].replace("{{name}}", "panorama.png")).press("Enter")
    expect(files.first).to_contain_text("panorama.png")
    page.get_by_test_id("canned-save").click()
    row = page.get_by_test_id("canned-row").filter(has_text="Kroki ve fiyatlar")
    expect(row).to_contain_text("2 dosya")
    row.get_by_role("button", name="Düzenle").click()
    expect(files).to_have_text(["panorama.pngGörsel · 3 KB", "Fiyat listesi.txtBelge · 17 B"])
    page.keyboard.press("Escape")

    say(desk, "Olcay Kroki", "905550330002", text="Nerede?")
    context = new_context(browser, size=DESKTOP)
    agent = context.new_page()
    sign_in(agent, desk, "agent2")
    open_row(agent, "Olcay Kroki")
    agent.get_by_test_id("composer-canned").click()
    agent.keyboard.type("kroki")
    expect(agent.get_by_test_id("canned-option")).to_have_count(1)
    agent.keyboard.press("Tab")
    tray = agent.get_by_label("Eklenen dosyalar").locator("li")
    expect(tray).to_have_count(2)
    expect(tray.first).to_contain_text("panorama.png")
    agent.get_by_test_id("composer-send").click()
    expect(outbound(agent, "document")).to_be_visible()
    sent = "select a.name from attachment a join message m on (m.tenant_id, m.id) = (a.tenant_id, a.message_id)"
    sent += " join contact c on c.tenant_id = m.tenant_id and c.name = 'Olcay Kroki'"
    sent += " join conversation v on (v.tenant_id, v.id, v.contact_id) = (m.tenant_id, m.conversation_id, c.id) order by m.seq"
    expected = [{"name": "panorama.png"}, {"name": "Fiyat listesi.txt"}]
    wait_until(lambda: desk.rows(sent) == expected, "both files went, in their order")
    context.close()
