"""axe finds nothing on the pages of templates and in the dialog of a first message, in any state; two languages, light and dark,
wide and narrow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.desk import PASSWORD, ROOT, Desk
from tests.journeys.conftest import DESKTOP, PHONE, new_context, sign_in
from tests.journeys.test_axe import Walk

READER = "templatewalker"
EXAMPLE = {"body_text": [["Ayşe"]]}
TEMPLATES: list[dict[str, Any]] = [
    {"name": "gezi_onayli", "components": [{"type": "BODY", "text": "Merhaba {{1}}, bekleriz.", "example": EXAMPLE}]},
    {
        "name": "gezi_resimli",
        "quality": "YELLOW",
        "components": [
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::a"]}},
            {"type": "BODY", "text": "Merhaba {{1}}, *yeni* tabela ~eski~ `yerinde`.", "example": EXAMPLE},
            {"type": "FOOTER", "text": "Firma demo"},
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": f"Yanıt {n}"} for n in range(4)]},
        ],
    },
    {
        "name": "gezi_kartlar",
        "category": "MARKETING",
        "components": [{"type": "BODY", "text": "Kartlara bakın."}, {"type": "CAROUSEL", "cards": []}],
    },
    {
        "name": "gezi_ret",
        "status": "REJECTED",
        "reason": "INVALID_FORMAT",
        "held": True,
        "components": [{"type": "BODY", "text": "Reddedilen metin."}],
    },
]


@pytest.fixture(scope="module")
def words(desk: Desk) -> dict[str, Any]:
    """By language; the firm has a template of each kind and a supervisor of its own for the walk."""
    desk.run(
        *f"user create {READER} --firm demo --role supervisor --name Reader --password-stdin".split(), given=PASSWORD
    )
    wished = [{"language": "tr", "category": "UTILITY", **one} for one in TEMPLATES]
    with desk.customer() as control, desk.signed_in("supervisor") as client:
        control.post("/whatsapp_cloud/templates", json={"templates": wished}).raise_for_status()
        channel = client.get("/api/v1/channels").json()["items"][0]["id"]
        client.post("/api/v1/templates/sync", json={"channel_id": channel}).raise_for_status()
    folder = ROOT / "web" / "src" / "features" / "templates" / "i18n"
    return {locale: json.loads((folder / f"{locale}.json").read_text()) for locale in ("tr", "en")}


def pages(walk: Walk, words: dict[str, Any]) -> None:
    page = walk.page
    walk.go("/templates")
    page.get_by_test_id("template-row").first.wait_for()
    walk.look("templates")
    walk.go("/templates?q=zzzz")
    page.get_by_text(words["page"]["none"]).wait_for()
    walk.look("templates, none found")
    walk.go("/templates?q=gezi_ret")
    page.get_by_test_id("template-row").get_by_role("link").click()
    page.get_by_test_id("template-preview").wait_for()
    walk.look("a refused template")
    page.get_by_role("button", name=words["one"]["delete"]).click()
    page.get_by_test_id("template-delete").wait_for()
    walk.look("deleting a template")
    page.keyboard.press("Escape")


def editor(walk: Walk, words: dict[str, Any]) -> None:
    page = walk.page
    walk.go("/templates/new")
    page.get_by_test_id("template-editor").wait_for()
    walk.look("editor, empty")
    page.get_by_test_id("template-body").fill("{{1}} eksik")
    for kind in ("URL", "PHONE_NUMBER", "COPY_CODE", "QUICK_REPLY"):
        page.get_by_role("button", name=words["button"]["add"][kind], exact=True).click()
    page.get_by_role("button", name=words["format"]["DOCUMENT"], exact=True).click()
    page.get_by_test_id("template-submit").click()
    expect(page.get_by_test_id("template-body")).to_have_attribute("aria-invalid", "true")
    walk.look("editor, full of problems")
    page.locator("[name=category]").select_option("AUTHENTICATION")
    page.locator("[name=minutes]").wait_for()
    walk.look("editor, authentication")


def first_message(walk: Walk, words: dict[str, Any]) -> None:
    page = walk.page
    walk.go("/inbox/mine")
    page.get_by_test_id("compose").click()
    phone = page.get_by_test_id("first-phone")
    phone.fill("0212 555 01 01")
    page.get_by_text(words["first"]["not_mobile"]).wait_for()
    walk.look("first message, a landline")
    phone.fill("0555 888 00 01")
    page.get_by_test_id("template-option").first.wait_for()
    walk.look("first message, templates")
    page.get_by_test_id("template-search").fill("gezi_resimli")
    page.get_by_test_id("template-search").press("Enter")
    page.get_by_test_id("template-fill").wait_for()
    page.get_by_test_id("template-send").click()
    page.get_by_text(words["fill"]["fileMissing"]).wait_for()
    walk.look("first message, filling in")


@pytest.mark.parametrize("locale", ["tr", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_about_templates(
    browser: Browser, desk: Desk, words: dict[str, Any], size: dict[str, int], locale: str
) -> None:
    context = new_context(browser, size=size, locale=locale)
    walk = Walk(context.new_page(), desk, locale)
    sign_in(walk.page, desk, READER)
    wanted = {"locale": locale, "theme": "auto"}
    assert walk.page.request.patch(f"{desk.url}/api/v1/session/user", data=wanted).ok
    pages(walk, words[locale])
    editor(walk, words[locale])
    first_message(walk, words[locale])
    assert not walk.found, "\n".join(walk.found)
    context.close()
