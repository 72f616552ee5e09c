"""Opening a thread shows what one came for: what is unread, else its end; also once older conversations load above it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.desk import Desk, wait_until
from tests.journeys.conftest import DESKTOP, PHONE, new_context, sign_in

NAME = "Eylül Taşkın"
LONG = "Bu satır birkaç kez kırılacak kadar uzun, çünkü yükseklikler önce tahmin edilir, sonra ölçülür. " * 3


@pytest.fixture(scope="module")
def conversation(desk: Desk) -> str:
    """Twenty-five messages, of which everybody has yet to read each."""
    with desk.customer() as control:
        for number in range(25):
            said = {"customer": {"name": NAME, "phone": "905550205001"}, "text": f"{number}. {LONG}", "wait": True}
            control.post("/whatsapp_cloud/say", json=said).raise_for_status()
    query = (
        "select c.id from conversation c join contact p on (p.tenant_id, p.id) = (c.tenant_id, c.contact_id)"
        " where p.name = $1 and c.last_seq = 25"
    )
    found = wait_until(lambda: desk.rows(query, NAME), "they are stored")
    return str(found[0]["id"])


def open_thread(page: Page, desk: Desk, conversation: str) -> None:
    page.goto(f"{desk.url}/inbox/all/{conversation}")
    page.get_by_test_id("message").first.wait_for()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_thread_opens_at_what_is_unread_and_then_at_its_end(
    browser: Browser, desk: Desk, conversation: str, size: dict[str, int]
) -> None:
    context = new_context(browser, size=size)
    page = context.new_page()
    sign_in(page, desk, "supervisor" if size is DESKTOP else "agent3")
    open_thread(page, desk, conversation)
    first, last = (
        page.get_by_test_id("message").filter(has_text=re.compile(rf"\b{number}\. Bu")) for number in (0, 24)
    )
    expect(first).to_be_in_viewport()
    page.get_by_role("log").press("End")
    expect(last).to_be_in_viewport(ratio=0.9)
    row = f"{desk.url}/api/v1/conversations/{conversation}"
    wait_until(lambda: page.request.get(row).json()["unread"] == 0, "what was seen counts as read")
    open_thread(page, desk, conversation)
    expect(last).to_be_in_viewport(ratio=0.9)
    page.wait_for_timeout(1000)
    expect(last).to_be_in_viewport(ratio=0.9)
    context.close()


def test_a_short_thread_stays_at_its_end_when_the_one_before_comes_above_it(browser: Browser, desk: Desk) -> None:
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    sign_in(page, desk, "supervisor")
    say(desk, *(f"{number}. {LONG}" for number in range(12)))
    before = wait_until(lambda: conversation_of(desk, 12), "they are stored")
    page.request.post(f"{desk.url}/api/v1/conversations/{before}/resolve", headers={"Origin": desk.url})
    # Two days later.
    desk.rows("update conversation set resolved_at = now() - interval '2 days' where id = $1::uuid", before)
    say(desk, "Merhaba, bir sorum daha var")
    page.goto(f"{desk.url}/inbox/all/{wait_until(lambda: conversation_of(desk, 1), 'a new one begins')}")
    lines = page.get_by_role("log").get_by_test_id("message")
    wait_until(lambda: lines.count() > 1, "the conversation before is loaded above")
    page.wait_for_timeout(1000)
    expect(lines.last).to_be_in_viewport(ratio=0.9)
    expect(page.get_by_role("log")).to_have_attribute("data-at-end", "true")
    context.close()


def say(desk: Desk, *texts: str) -> None:
    with desk.customer() as control:
        for text in texts:
            said = {"customer": {"name": "Cemre Yalın", "phone": "905550205002"}, "text": text, "wait": True}
            control.post("/whatsapp_cloud/say", json=said).raise_for_status()


def conversation_of(desk: Desk, last_seq: int) -> str | None:
    query = (
        "select c.id from conversation c join contact p on (p.tenant_id, p.id) = (c.tenant_id, c.contact_id)"
        " where p.name = 'Cemre Yalın' and c.status = 'open' and c.last_seq = $1"
    )
    found = desk.rows(query, last_seq)
    return str(found[0]["id"]) if found else None
