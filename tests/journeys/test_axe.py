"""axe finds nothing, wherever one goes: each page and each state, in two languages, light and dark, wide and narrow.

One walk per language and width; what it finds is said once, at its end.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.desk import PASSWORD, ROOT, Desk, wait_until
from tests.journeys import gallery
from tests.journeys.conftest import DESKTOP, PHONE, axe_violations, new_context, sign_in
from tests.journeys.test_message_and_answer import PICTURE

LATE = "Rüya Kılınç"
# Changes language and theme: those of the others stay.
WALKER = "walker"
REPLY = "İki dosyalı yanıt"


@pytest.fixture(scope="module")
def places(desk: Desk) -> dict[str, str]:
    """Addresses: a conversation with everything in it, one whose window has closed, and a quarantine that holds something."""
    desk.run(
        *f"user create {WALKER} --firm demo --role supervisor --name Walker --password-stdin".split(), given=PASSWORD
    )
    full = gallery.make(desk)
    with desk.signed_in("supervisor") as client:
        for type_ in ("text", "select", "boolean", "url"):
            options = [{"label": "Sabah"}, {"label": "Akşam"}] if type_ == "select" else None
            field = {"label": f"Gezi {type_}", "type": type_, "key": f"gezi_{type_}", "options": options}
            client.post("/api/v1/contact-fields", json=field).raise_for_status()
    number = desk.sandbox_info()["numbers"][0]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": number["phone_number_id"]},
        "messages": [{"id": "wamid.nobody", "type": "text", "text": {"body": "?"}}],
    }
    entry = {"id": number["waba_id"], "changes": [{"field": "messages", "value": value}]}
    late = {"customer": {"name": LATE, "phone": "905550106002"}, "text": "Dünden", "age_s": 90_000, "wait": True}
    with desk.customer() as control:
        control.post("/whatsapp_cloud/say", json=late).raise_for_status()
        body = {"object": "whatsapp_business_account", "entry": [entry]}
        control.post("/whatsapp_cloud/webhooks", json={"body": body, "signature": "valid"}).raise_for_status()
    query = (
        "select c.id from conversation c join contact p on (p.tenant_id, p.id) = (c.tenant_id, c.contact_id)"
        " where p.name = $1"
    )
    closed = wait_until(lambda: desk.rows(query, LATE), "the late one is stored")[0]["id"]
    return {"full": f"/inbox/all/{full}", "closed": f"/inbox/all/{closed}", "gone": f"/inbox/all/{number['waba_id']}"}


@pytest.fixture(scope="module")
def reply_with_files(desk: Desk) -> None:
    """A canned reply that has a picture, a document and two languages."""
    with desk.signed_in("supervisor") as client:
        ids = []
        for name, content in (("a.png", PICTURE.read_bytes()), ("b.txt", b"b")):
            made = client.post("/api/v1/media", files={"file": (name, content)}).raise_for_status()
            ids.append(made.json()["id"])
        texts = {"tr": "Merhaba {{contact.first_name}}", "ar": "مرحبا {{contact.first_name}}"}
        body = {"shortcut": "axe", "title": REPLY, "texts": texts, "attachment_ids": ids}
        client.post("/api/v1/canned-replies", json=body).raise_for_status()


class Walk:
    def __init__(self, page: Page, desk: Desk, locale: str) -> None:
        self.page, self.desk, self.locale = page, desk, locale
        self.found: list[str] = []
        folder = ROOT / "web" / "src" / "features" / "conversations" / "i18n"
        self.words: dict[str, Any] = json.loads((folder / f"{locale}.json").read_text())
        self.more = {name: json.loads((folder / f"{name}.{locale}.json").read_text()) for name in ("compose", "thread")}

    def look(self, where: str) -> None:
        for scheme in ("dark", "light"):
            self.page.emulate_media(color_scheme=scheme)
            self.found += [f"{where}, {scheme}: {violation}" for violation in axe_violations(self.page)]
        if not self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            self.found.append(f"{where}: wider than the screen")

    def go(self, path: str) -> None:
        self.page.goto(self.desk.url + path)

    def key(self, key: str) -> None:
        """Once whatever was open has given the keyboard back: until then the key is its own."""
        self.page.wait_for_function(
            "() => !document.activeElement?.closest('input, textarea, dialog, [role=dialog], [role=menu]')"
        )
        self.page.locator("body").press(key)


def sign_in_page(walk: Walk) -> None:
    walk.go("/")
    page = walk.page
    page.locator("input[name=firm]").wait_for()
    walk.look("sign-in")
    page.locator("button[type=submit]").click()
    expect(page.locator("input[name=firm]")).to_have_attribute("aria-invalid", "true")
    walk.look("sign-in, nothing written")
    for name in ("firm", "user", "password"):
        page.locator(f"input[name={name}]").fill("nobody")
    page.locator("button[type=submit]").click()
    page.get_by_role("alert").wait_for()
    walk.look("sign-in, refused")


def lists(walk: Walk) -> None:
    walk.go("/inbox/mine?status=snoozed")
    walk.page.get_by_text(walk.words["list"]["empty"]["snoozed"]).wait_for()
    walk.look("empty list")
    walk.page.get_by_test_id("user-menu").click()
    walk.page.get_by_role("menuitem").first.wait_for()
    walk.look("user menu")
    walk.go("/inbox/all")
    walk.page.get_by_test_id("conversation-row").first.wait_for()
    walk.look("list")


def thread(walk: Walk, address: str) -> None:
    page = walk.page
    walk.go(address)
    messages = page.get_by_test_id("message")
    log = page.get_by_role("log")
    shown: set[str] = set()
    for key, edge in (("Home", gallery.FIRST[:10]), ("End", "Ulaşmayacak")):
        messages.first.wait_for()
        log.press(key)
        expect(messages.filter(has_text=edge)).to_be_in_viewport()
        walk.look(f"thread, {key}")
        for _ in range(8):  # a phone holds only the lines that are near
            shown |= set(messages.evaluate_all("all => all.map(one => one.dataset.type)"))
            log.evaluate(gallery.FURTHER)
    assert shown >= set(gallery.SHOWN), set(gallery.SHOWN) - shown


def composer(walk: Walk) -> None:
    page = walk.page
    page.get_by_test_id("composer-attach").set_input_files(str(PICTURE))
    page.get_by_test_id("composer-input").fill("Yarım")
    walk.look("reply with a file")
    page.get_by_role("button", name=walk.words["composer"]["note"], exact=True).click()
    page.get_by_test_id("composer-input").fill("Yarım kalan not")
    walk.look("note")
    page.get_by_test_id("composer-input").fill("")
    page.keyboard.press("Escape")


def menus(walk: Walk) -> None:
    page, words = walk.page, walk.words
    walk.key("a")
    expect(page.get_by_label(words["assign"]["search"])).to_be_focused()
    page.get_by_role("option", name="Agent1").last.wait_for()
    walk.look("assign")
    page.keyboard.type("nobody")
    page.get_by_text(words["assign"]["none"]).wait_for()
    walk.look("assign, nobody found")
    page.keyboard.press("Escape")
    # Twice: the first time its code was not here yet when the key was pressed.
    walk.key("s")
    page.get_by_role("menuitem", name=words["snooze"]["nextMessage"]).wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    walk.key("s")
    page.get_by_role("menuitem", name=words["snooze"]["nextMessage"]).wait_for()
    walk.look("snooze")
    page.get_by_role("menuitem", name=words["snooze"]["pick"]).click()
    page.get_by_role("dialog").wait_for()
    walk.look("snooze, day and time")
    page.keyboard.press("Escape")
    walk.key("?")
    page.get_by_role("dialog").get_by_role("switch").first.wait_for()
    walk.look("shortcuts")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=words["action"]["more"]).click()
    page.get_by_role("menuitem", name=words["action"]["markUnread"]).wait_for()
    walk.look("more")
    page.keyboard.press("Escape")
    walk.key("t")
    expect(page.get_by_label(words["tags"]["search"])).to_be_focused()
    page.get_by_text(words["tags"]["none"]).wait_for()
    walk.look("tags, all taken")
    page.keyboard.type("Yeni")
    page.get_by_role("option").last.wait_for()
    walk.look("tags, a new one")
    page.keyboard.press("Escape")
    expect(page.get_by_label(words["tags"]["search"])).to_be_hidden()
    walk.look("contact")


def contact_fields(walk: Walk) -> None:
    """On the panel, which is open, and on their page."""
    page = walk.page
    folder = ROOT / "web" / "src" / "features" / "contacts" / "i18n"
    words: dict[str, Any] = json.loads((folder / f"fields.{walk.locale}.json").read_text())
    row = '[data-testid=contact-field][data-key="{}"] button'
    page.locator(row.format("gezi_select")).click()
    page.locator("[data-overlay] [role=option]:visible").first.wait_for()
    walk.look("contact, a field that is chosen")
    page.keyboard.press("Escape")
    page.locator(row.format("gezi_url")).first.click()
    page.keyboard.type("ftp://x")
    page.keyboard.press("Enter")
    page.locator("[data-key=gezi_url] [role=alert]").wait_for()
    page.get_by_test_id("contact-note-add").click()
    walk.look("contact, a value that is none, a note")
    walk.go("/contact-fields")
    page.get_by_test_id("field-row").first.wait_for()
    walk.look("contact fields")
    page.get_by_role("button", name=words["edit"].replace("{{label}}", "Gezi select")).click()
    page.get_by_test_id("field-save").wait_for()
    walk.look("contact fields, editor")


def writing(walk: Walk) -> None:
    page, words = walk.page, walk.more["compose"]
    field = page.get_by_test_id("composer-input")

    def attach(kind: str) -> None:
        page.get_by_test_id("composer-attach-menu").click()
        page.get_by_test_id(f"attach-{kind}").wait_for()
        if kind == "location":
            walk.look("attach menu")
        page.get_by_test_id(f"attach-{kind}").click()
        page.get_by_role("dialog").wait_for()

    attach("location")
    walk.look("a place")
    page.keyboard.press("Escape")
    attach("contacts")
    page.get_by_role("button", name=words["card"]["add"]).click()
    walk.look("two cards")
    page.keyboard.press("Escape")
    attach("interactive")
    page.get_by_test_id("send-interactive").click()
    walk.look("buttons, nothing written")
    page.get_by_role("radio", name=words["interactive"]["kinds"]["list"]).check(force=True)
    page.get_by_role("button", name=words["interactive"]["addSection"]).click()
    walk.look("a list of two sections")
    page.keyboard.press("Escape")
    field.focus()
    page.get_by_test_id("composer-emoji").click()
    page.get_by_test_id("composer-emoji-panel").get_by_role("button").first.wait_for()
    walk.look("emoji")
    page.keyboard.press("Escape")
    expect(field).to_be_focused()
    page.keyboard.type("/axe")
    page.get_by_test_id("canned-option").first.wait_for()
    walk.look("canned replies")
    page.keyboard.press("Escape")
    field.fill("")
    page.keyboard.press("Escape")


def reading(walk: Walk) -> None:
    page, words = walk.page, walk.more["thread"]
    line = page.locator("article").filter(has_text="yarın 14:00").last
    for key, state in (("Enter", "message menu"), ("+", "a reaction is chosen")):
        line.focus()
        line.press(key)
        menu = page.get_by_test_id("message-menu")
        menu.get_by_role("button").or_(menu.get_by_role("menuitem")).first.wait_for()
        walk.look(state)
        page.keyboard.press("Escape")
        expect(menu).to_have_count(0)
    line.focus()
    line.press("Enter")
    page.get_by_role("menuitem", name=words["menu"]["forward"]).click()
    page.get_by_role("dialog").get_by_role("checkbox").first.wait_for()
    walk.look("forwarding")
    page.keyboard.press("Escape")
    walk.key("f")
    page.get_by_test_id("find-input").fill("randevu")
    expect(page.get_by_test_id("find-count")).not_to_be_empty()
    walk.look("find bar")
    page.get_by_role("button", name=words["find"]["day"]).click()
    page.get_by_role("dialog").get_by_role("button", name=words["find"]["previousMonth"]).wait_for()
    walk.look("a day to go to")
    page.keyboard.press("Escape")
    page.get_by_test_id("find-input").press("Escape")
    page.get_by_role("log").press("Home")
    page.locator("[data-type=image]").first.get_by_role("button").first.click()
    page.get_by_test_id("lightbox").wait_for()
    walk.look("lightbox")
    page.keyboard.press("Escape")


def others(walk: Walk, places: dict[str, str]) -> None:
    page = walk.page
    walk.go(places["closed"])
    page.get_by_test_id("composer-blocked").wait_for()
    walk.look("closed window")
    walk.go(places["gone"])
    page.get_by_text(walk.words["thread"]["gone"]).wait_for()
    walk.look("no such conversation")
    walk.go("/quarantine")
    page.get_by_text("sender_missing").first.wait_for()
    walk.look("quarantine")
    walk.go("/nowhere")
    page.get_by_role("heading").first.wait_for()
    walk.look("no such page")


def canned_replies(walk: Walk) -> None:
    page = walk.page
    walk.go("/canned-replies")
    page.get_by_test_id("canned-row").first.wait_for()
    walk.look("canned replies")
    page.get_by_role("searchbox").fill("qqq")
    page.get_by_test_id("canned-row").first.wait_for(state="hidden")
    walk.look("canned replies, nothing found")
    page.get_by_role("searchbox").fill("")
    page.get_by_test_id("canned-row").filter(has_text=REPLY).get_by_role("button").first.click()
    page.get_by_test_id("canned-file").nth(1).wait_for()
    walk.look("canned reply with files")


def channels(walk: Walk) -> None:
    page = walk.page
    walk.go("/channels")
    card = page.get_by_test_id("channel-card").first
    expect(card).not_to_have_attribute("data-state", "unknown")
    walk.look("channels")
    for opener in ("channel-settings", "disconnect-channel", "reconnect-channel", "connect-channel"):
        page.get_by_test_id(opener).first.click()
        dialog = page.get_by_role("dialog")
        dialog.wait_for()
        if opener == "channel-settings":
            page.locator("input[value=store_days]").check()
        if opener == "connect-channel":
            page.get_by_test_id("connect-meta").wait_for()
            walk.look("connecting, two ways")
            page.get_by_test_id("paste-token").click()
            page.get_by_test_id("paste-submit").click()
        walk.look(opener)
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    walk.go("/settings")
    page.get_by_role("radio").first.wait_for()
    walk.look("firm settings")
    walk.go("/quarantine")
    page.locator("button[aria-expanded=false]").first.click()
    page.locator("pre").first.wait_for()
    walk.look("quarantine, opened")


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "tr"), (PHONE, "en")], ids=["desktop", "phone"])
def test_axe_finds_nothing_on_the_firms_own_pages_and_in_their_dialogs(
    browser: Browser, desk: Desk, places: dict[str, str], reply_with_files: None, size: dict[str, int], locale: str
) -> None:
    context = new_context(browser, size=size, locale=locale)
    walk = Walk(context.new_page(), desk, locale)
    sign_in(walk.page, desk, WALKER)
    wanted = {"locale": locale, "theme": "auto"}
    assert walk.page.request.patch(f"{desk.url}/api/v1/session/user", data=wanted).ok
    canned_replies(walk)
    channels(walk)
    assert not walk.found, "\n".join(walk.found)
    context.close()


@pytest.mark.parametrize("locale", ["tr", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_on_any_page_in_any_state(
    browser: Browser, desk: Desk, places: dict[str, str], size: dict[str, int], locale: str
) -> None:
    context = new_context(browser, size=size, locale=locale)
    walk = Walk(context.new_page(), desk, locale)
    sign_in_page(walk)
    sign_in(walk.page, desk, WALKER)
    wanted = {"locale": locale, "theme": "auto"}
    assert walk.page.request.patch(f"{desk.url}/api/v1/session/user", data=wanted).ok
    lists(walk)
    thread(walk, places["full"])
    composer(walk)
    menus(walk)
    contact_fields(walk)
    others(walk, places)
    assert not walk.found, "\n".join(walk.found)
    context.close()


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "tr"), (PHONE, "en")], ids=["desktop", "phone"])
def test_axe_finds_nothing_in_what_opens_over_a_thread(
    browser: Browser, desk: Desk, places: dict[str, str], reply_with_files: None, size: dict[str, int], locale: str
) -> None:
    context = new_context(browser, size=size, locale=locale)
    walk = Walk(context.new_page(), desk, locale)
    sign_in(walk.page, desk, WALKER)
    assert walk.page.request.patch(f"{desk.url}/api/v1/session/user", data={"locale": locale, "theme": "auto"}).ok
    walk.go(places["full"])
    walk.page.get_by_test_id("message").first.wait_for()
    walk.page.get_by_role("log").press("End")
    writing(walk)
    reading(walk)
    assert not walk.found, "\n".join(walk.found)
    context.close()
