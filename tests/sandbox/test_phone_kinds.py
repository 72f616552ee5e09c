"""Every kind of message from the phone page, answers to what was received, and the controls beside the phone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from tests.sandbox.conftest import Player, Receiver
from tests.sandbox.test_phone_page import DESKTOP, PHONE, browser, faults_of, open_page, picture, player, until

__all__ = ["browser", "player"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


async def somebody(browser: Browser, player: Player, size: tuple[int, int] = DESKTOP) -> tuple[Page, str]:
    """A page in English with one customer's thread of one message, and that message's id."""
    customer = await player.customer(name="Gülşah")
    written = await player.writes(customer["id"], text="Merhaba")
    page = await open_page(browser, player, size, f"/?customer={customer['id']}", locale="en-GB")
    await expect(page.get_by_test_id("bubble")).to_have_count(1)
    return page, str(written["id"])


async def last(receiver: Receiver, kind: str) -> dict[str, Any]:
    await receiver.until(lambda: any(one["type"] == kind for one in receiver.values("messages")))
    found: dict[str, Any] = [one for one in receiver.values("messages") if one["type"] == kind][-1]
    return found


async def reactions(receiver: Receiver) -> list[str | None]:
    return [one["reaction"].get("emoji") for one in receiver.values("messages") if one["type"] == "reaction"]


async def attach(page: Page, what: str) -> None:
    await page.get_by_test_id("attach").click()
    await page.get_by_test_id(f"menu-{what}").click()


async def menu(page: Page, what: str) -> None:
    await page.get_by_test_id("bubble").first.hover()
    await page.get_by_test_id("message-menu").first.click()
    await page.get_by_test_id(f"menu-{what}").click()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_places_cards_stickers_and_documents_are_sent(
    browser: Browser, player: Player, receiver: Receiver, size: tuple[int, int]
) -> None:
    page, _ = await somebody(browser, player, size)
    await attach(page, "location")
    await page.get_by_label("Name of the place").fill("Ofis")
    await page.get_by_test_id("sheet-submit").click()
    assert (await last(receiver, "location"))["location"]["name"] == "Ofis"
    await attach(page, "contact")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Elif Kaya")
    await dialog.get_by_label("Phone").fill("+90 555 010 10 10")
    await page.get_by_test_id("sheet-submit").click()
    (card,) = (await last(receiver, "contacts"))["contacts"]
    assert (card["name"]["formatted_name"], card["phones"][0]["wa_id"]) == ("Elif Kaya", "905550101010")
    await attach(page, "sticker")
    await page.get_by_role("button", name="Sticker 👍").click()
    sticker = (await last(receiver, "sticker"))["sticker"]
    assert sticker["mime_type"] == "image/webp"
    assert (await player.graph.get(sticker["url"])).content[8:12] == b"WEBP"
    await page.get_by_test_id("document-input").set_input_files(
        FilePayload(name="film.jpg", mimeType="image/jpeg", buffer=picture())
    )
    assert (await last(receiver, "document"))["document"]["filename"] == "film.jpg"
    await expect(page.get_by_test_id("bubble")).to_have_count(5)
    await page.context.close()


async def test_several_pictures_keep_their_order_and_the_text_goes_with_the_first(
    browser: Browser, player: Player, receiver: Receiver
) -> None:
    page, _ = await somebody(browser, player)
    await page.get_by_test_id("composer").fill("Filmlerim")
    files = [FilePayload(name=f"{turn}.jpg", mimeType="image/jpeg", buffer=picture()) for turn in range(3)]
    await page.get_by_test_id("attach-input").set_input_files(files)
    await receiver.until(lambda: len(receiver.values("messages")) == 4)
    assert [one["image"].get("caption") for one in receiver.values("messages")[1:]] == ["Filmlerim", None, None]
    await page.context.close()


async def test_a_message_is_quoted_reacted_to_edited_and_deleted_from_its_menu(
    browser: Browser, player: Player, receiver: Receiver
) -> None:
    page, wamid = await somebody(browser, player)
    await menu(page, "reply")
    await expect(page.get_by_test_id("draft")).to_contain_text("Merhaba")
    await page.get_by_test_id("composer").fill("Bunu diyorum")
    await page.get_by_test_id("composer").press("Enter")
    await receiver.until(lambda: len(receiver.values("messages")) == 2)
    assert receiver.values("messages")[1]["context"]["id"] == wamid
    await expect(page.get_by_test_id("draft")).to_have_count(0)
    await expect(page.locator("blockquote")).to_contain_text("Merhaba")
    for given in (["👍"], ["👍", None]):
        await page.get_by_test_id("bubble").first.hover()
        await page.get_by_test_id("message-menu").first.click()
        await page.get_by_role("menuitemcheckbox", name="React with 👍").click()
        await until(lambda: reactions(receiver), given)
    await menu(page, "edit")
    await expect(page.get_by_test_id("composer")).to_have_value("Merhaba")
    await page.get_by_test_id("composer").fill("Merhabalar")
    await page.get_by_test_id("send").click()
    edit = (await last(receiver, "edit"))["edit"]
    assert edit == {"original_message_id": wamid, "message": {"type": "text", "text": {"body": "Merhabalar"}}}
    await expect(page.get_by_test_id("bubble").first).to_contain_text("Merhabalar")
    await expect(page.get_by_test_id("bubble").first).to_contain_text("edited")
    await menu(page, "revoke")
    assert (await last(receiver, "revoke"))["revoke"]["original_message_id"] == wamid
    await expect(page.get_by_test_id("bubble").first).to_contain_text("You deleted this message")
    await page.context.close()


async def test_leaving_a_quote_or_an_edit_changes_nothing(browser: Browser, player: Player, receiver: Receiver) -> None:
    page, _ = await somebody(browser, player)
    await menu(page, "edit")
    await page.get_by_test_id("composer").press("Escape")
    await expect(page.get_by_test_id("composer")).to_have_value("")
    await expect(page.get_by_test_id("draft")).to_have_count(0)
    await page.get_by_test_id("composer").fill("Yeni")
    await page.get_by_test_id("composer").press("Enter")
    await receiver.until(lambda: len(receiver.values("messages")) == 2)
    assert "context" not in receiver.values("messages")[1]
    await page.context.close()


async def test_what_the_business_asks_is_answered_on_the_phone(
    browser: Browser, player: Player, receiver: Receiver
) -> None:
    """A list is opened and a row chosen, a place given, a form filled in, a template's button pressed."""
    page, _ = await somebody(browser, player)
    rows = [{"id": "1", "title": "Salı", "description": "14.00"}, {"id": "2", "title": "Cuma"}]
    action = {"button": "Günler", "sections": [{"title": "Bu hafta", "rows": rows}]}
    flow = {"flow_message_version": "3", "flow_id": "1", "flow_token": "t-7", "flow_cta": "Kaydol"}
    asked = [
        {"type": "list", "body": {"text": "Hangi gün?"}, "action": action},
        {"type": "location_request_message", "body": {"text": "Neredesiniz?"}, "action": {"name": "send_location"}},
        {"type": "flow", "body": {"text": "Form"}, "action": {"name": "flow", "parameters": flow}},
    ]
    wamids = []
    for interactive in asked:
        answer = await player.send(type="interactive", interactive=interactive)
        assert answer.status_code == 200, answer.text
        wamids.append(answer.json()["messages"][0]["id"])
    await page.get_by_test_id("choice").filter(has_text="Günler").click()
    await page.get_by_test_id("list-row").filter(has_text="Salı").click()
    chosen = await last(receiver, "interactive")
    assert chosen["interactive"]["list_reply"] == rows[0]
    assert chosen["context"]["id"] == wamids[0]
    await page.get_by_test_id("choice").filter(has_text="Send location").click()
    await page.get_by_test_id("sheet-submit").click()
    assert (await last(receiver, "location"))["context"]["id"] == wamids[1]
    await page.get_by_test_id("choice").filter(has_text="Kaydol").click()
    await page.get_by_label("Answer").first.fill("Gülşah")
    await page.get_by_test_id("sheet-submit").click()
    await receiver.until(lambda: "nfm_reply" in json.dumps(receiver.values("messages")[-1]))
    reply = receiver.values("messages")[-1]["interactive"]["nfm_reply"]
    assert json.loads(reply["response_json"]) == {"name": "Gülşah", "date": "", "flow_token": "t-7"}
    template = {"name": "hatirlatma", "language": "tr", "category": "UTILITY"}
    parts = [
        {"type": "BODY", "text": "Geliyor musunuz?"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Geliyorum"}]},
    ]
    await player.control.post("/whatsapp_cloud/templates", json={"templates": [template | {"components": parts}]})
    sent = await player.send(type="template", template={"name": "hatirlatma", "language": {"code": "tr"}})
    assert sent.status_code == 200, sent.text
    bubble = page.locator('[data-testid=bubble][data-type="template"]')
    await expect(bubble).to_contain_text("Geliyor musunuz?")
    await bubble.get_by_test_id("choice").click()
    pressed = await last(receiver, "button")
    assert pressed["button"] == {"text": "Geliyorum", "payload": "Geliyorum"}
    await page.context.close()


async def test_somebody_comes_from_an_ad_and_changes_the_number(
    browser: Browser, player: Player, receiver: Receiver
) -> None:
    page, _ = await somebody(browser, player)
    await attach(page, "ad")
    await page.get_by_label("Headline of the ad").fill("Bahar")
    await page.get_by_test_id("sheet-submit").click()
    await receiver.until(lambda: len(receiver.values("messages")) == 2)
    assert receiver.values("messages")[1]["referral"]["headline"] == "Bahar"
    await expect(page.get_by_test_id("bubble").last).to_contain_text("Bahar")
    await attach(page, "move")
    await page.get_by_label("New phone").fill("0555 010 99 99")
    await page.get_by_test_id("sheet-submit").click()
    assert (await last(receiver, "system"))["system"]["wa_id"] == "905550109999"
    await expect(page.get_by_role("log")).to_contain_text("You changed your number: +905550109999")
    await page.context.close()


async def test_the_numbers_of_a_fault_are_changed_and_an_outage_switches_itself_off(
    browser: Browser, player: Player
) -> None:
    page, _ = await somebody(browser, player)
    await page.get_by_test_id("fault-slow").check()
    await page.get_by_test_id("fault-slow-ms").fill("0.2")
    await page.get_by_test_id("fault-slow-ms").press("Enter")
    await until(lambda: faults_of(player), {"slow": {"ms": 200}})
    await page.get_by_test_id("fault-slow-ms").fill("99999")
    await page.get_by_test_id("fault-slow-ms").blur()
    await expect(page.get_by_test_id("fault-slow-ms")).to_have_value("0.2")
    await page.get_by_test_id("fault-slow").uncheck()
    await page.get_by_test_id("fault-outage").check()
    await page.get_by_test_id("fault-outage-for_s").fill("1")
    await page.get_by_test_id("fault-outage-for_s").press("Enter")
    await expect(page.get_by_test_id("fault-outage")).not_to_be_checked()
    assert await faults_of(player) == {}
    await page.get_by_test_id("media-life").fill("60")
    await page.get_by_test_id("media-life").press("Enter")

    async def life() -> Any:
        return (await player.control.get("/settings")).json()["whatsapp_cloud"]["media_url_s"]

    await until(life, 60)
    await page.context.close()


async def test_unanswered_webhooks_are_shown_as_waiting_and_tried_at_once(
    browser: Browser, player: Player, receiver: Receiver
) -> None:
    page, _ = await somebody(browser, player)
    await player.control.put("/settings", json={"retry_s": [3600]})
    receiver.status = 503
    await page.get_by_test_id("composer").fill("Duyan var mı?")
    await page.get_by_test_id("send").click()
    await expect(page.get_by_test_id("waiting")).to_contain_text("Webhooks waiting: 1")
    await page.get_by_test_id("waiting").locator("summary").click()
    await expect(page.get_by_test_id("waiting")).to_contain_text("attempt 2 in")
    receiver.status = 200
    await page.get_by_test_id("flush").click()
    await expect(page.get_by_test_id("waiting")).to_have_count(0)
    await expect(page.get_by_test_id("bubble").last).to_have_attribute("data-status", "delivered")
    await page.context.close()


async def test_the_log_is_searched_sent_again_from_and_cleared(
    browser: Browser, player: Player, receiver: Receiver
) -> None:
    page, _ = await somebody(browser, player)
    await player.send(type="nope")
    await page.get_by_label("Direction").select_option("failed")
    await expect(page.get_by_test_id("log-row")).to_have_count(1)
    await page.get_by_label("Direction").select_option("all")
    await page.get_by_test_id("log-search").fill("MESSAGES.TEXT")
    await expect(page.get_by_test_id("log-row")).to_have_count(1)
    await page.get_by_test_id("log-row").click()
    before = len(receiver.posts)
    await page.get_by_test_id("resend").click()
    await expect(page.get_by_test_id("resend")).to_have_text("Sent: 200")
    assert receiver.posts[-1].body == receiver.posts[0].body
    assert len(receiver.posts) == before + 1
    await page.get_by_test_id("log-search").fill("")
    await page.get_by_test_id("clear-log").click()
    await expect(page.get_by_test_id("log-row")).to_have_count(0)
    assert (await player.control.get("/log")).json()["items"] == []
    await page.context.close()


async def test_templates_are_judged_from_the_page_and_each_change_is_told(
    browser: Browser, player: Player, receiver: Receiver
) -> None:
    page, _ = await somebody(browser, player)
    await page.get_by_test_id("panel-templates").click()
    template = {"name": "kampanya", "language": "tr", "category": "MARKETING", "status": "PENDING", "held": True}
    body = {"templates": [template | {"components": [{"type": "BODY", "text": "İndirim!"}]}]}
    await player.control.post("/whatsapp_cloud/templates", json=body)
    await page.get_by_test_id("template-row").click()
    await page.get_by_test_id("template-approve").click()
    await expect(page.get_by_test_id("template-row")).to_contain_text("approved")
    await page.get_by_test_id("template-pause").click()
    await expect(page.get_by_test_id("template-row")).to_contain_text("paused")
    await page.get_by_label("Reason", exact=True).select_option("SCAM")
    await page.get_by_test_id("template-reject").click()
    await expect(page.get_by_text("Rejected because: suspected scam")).to_be_visible()
    await page.get_by_label("Quality", exact=True).select_option("RED")
    await expect(page.get_by_test_id("template-row")).to_contain_text("low quality")
    await page.get_by_label("Category", exact=True).select_option("UTILITY")
    await expect(page.get_by_test_id("template-row")).to_contain_text("utility")
    await player.idle()
    told = [post.update["entry"][0]["changes"][0] for post in receiver.posts[1:]]
    assert [one["field"] for one in told] == [
        *["message_template_status_update"] * 3,
        "message_template_quality_update",
        "template_category_update",
    ]
    assert [one["value"].get("event") for one in told[:3]] == ["APPROVED", "PAUSED", "REJECTED"]
    assert told[2]["value"]["reason"] == "SCAM"
    await page.get_by_label("New templates").select_option("hand")

    async def after_s() -> Any:
        return (await player.control.get("/whatsapp_cloud/review")).json()["after_s"]

    await until(after_s, 30 * 86_400)
    await page.context.close()


async def test_a_scenario_is_played_by_one_click_and_shows_its_customer(
    browser: Browser, player: Player, receiver: Receiver
) -> None:
    page, _ = await somebody(browser, player)
    await page.get_by_test_id("scenario-new_customer").click()
    await expect(page.get_by_test_id("scenario-new_customer")).to_be_disabled()
    await expect(page.get_by_text("Gülşen Aktaş's phone")).to_be_visible()
    await expect(page.get_by_test_id("bubble")).to_have_count(2)
    await expect(page.get_by_test_id("scenario-new_customer")).to_be_enabled()
    await page.get_by_test_id("customer-row").filter(has_text="Gülşah").click()
    await asyncio.sleep(0.3)
    await expect(page.get_by_text("Gülşah's phone")).to_be_visible()
    await page.context.close()


async def test_menus_are_worked_by_keys_alone(browser: Browser, player: Player, receiver: Receiver) -> None:
    page, _ = await somebody(browser, player)
    await page.get_by_test_id("attach").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("menu-file")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_test_id("menu-move")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("attach")).to_be_focused()
    await page.get_by_test_id("message-menu").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitemcheckbox").first).to_be_focused()
    await page.keyboard.press("Enter")
    assert (await last(receiver, "reaction"))["reaction"]["emoji"] == "👍"
    await page.context.close()
