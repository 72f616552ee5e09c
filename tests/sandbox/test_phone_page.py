"""The phone page in a browser: a person is the customer. Needs Chromium and the built client."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.async_api import Browser, FilePayload, Page, Route, async_playwright, expect

from invekto_sandbox import Delays, Settings, serving
from invekto_sandbox.page import find_web
from tests.sandbox.conftest import Player, Receiver

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
CHROMIUM = os.environ.get("INVEKTO_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
CHROMIUM_INSTALLED = Path(CHROMIUM).exists()
WEB = find_web(Path(os.environ["INVEKTO_WEB_DIST"]) if "INVEKTO_WEB_DIST" in os.environ else None)
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP = (1440, 900)
PHONE = (390, 844)


def missing(what: str) -> None:
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"REQUIRE_BROWSER=1, but {what}")
    pytest.skip(f"browser story: {what}")


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM_INSTALLED:
        missing(f"there is no Chromium at {CHROMIUM}")
    if WEB is None:
        missing("the web client is not built")
    async with async_playwright() as playwright:
        arguments = [
            "--no-sandbox",
            "--disable-gpu",
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
        ]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        await browser.close()


@pytest.fixture
async def player(settings: Settings, receiver: Receiver) -> AsyncIterator[Player]:
    """With the usual delays: what happens by itself must be told from what the page does."""
    async with serving(replace(settings, delays=Delays(0.05, 0.3, 0.6), grace_s=0.5, web_dir=WEB)) as sandbox:
        keys = sandbox.info()["whatsapp_cloud"]
        receiver.verify_token = keys["verify_token"]
        headers = {"Authorization": f"Bearer {keys['access_token']}"}
        async with (
            httpx.AsyncClient(base_url=f"{sandbox.base_url}/_control", timeout=20) as control,
            httpx.AsyncClient(base_url=sandbox.base_url, headers=headers, timeout=20) as graph,
        ):
            yield Player(sandbox, control, graph)


async def open_page(
    browser: Browser,
    player: Player,
    size: tuple[int, int],
    path: str = "/",
    *,
    locale: str = "tr-TR",
    dark: bool = False,
) -> Page:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=locale,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    page = await context.new_page()
    page.set_default_timeout(10_000)
    await page.goto(player.sandbox.base_url + path)
    return page


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 200), (11, 122, 112)).save(buffer, "JPEG")
    return buffer.getvalue()


async def until(read: Callable[[], Awaitable[Any]], wanted: Any) -> None:
    """A switch moves at once; that the sandbox has it shows a moment later."""
    async with asyncio.timeout(10):
        while await read() != wanted:  # noqa: ASYNC110 what is waited for is an answer over HTTP
            await asyncio.sleep(0.02)


async def faults_of(player: Player) -> Any:
    return (await player.control.get("/faults")).json()["global"]


async def hold_of(player: Player) -> Any:
    return (await player.control.get("/whatsapp_cloud/customers")).json()["items"][0]["window"]["hold"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_a_person_is_the_customer_from_adding_to_blue_ticks(
    browser: Browser, player: Player, receiver: Receiver, size: tuple[int, int]
) -> None:
    page = await open_page(browser, player, size)
    await page.get_by_test_id("add-customer").click()
    await page.get_by_label("Ad", exact=True).fill("Gülşah Yıldırım")
    await page.get_by_role("textbox", name="Telefon").fill("0555 010 44 18")
    await page.get_by_role("button", name="Ekle", exact=True).click()
    await page.get_by_test_id("composer").fill("Merhaba 👋")
    await page.get_by_test_id("composer").press("Enter")
    own = page.locator('[data-testid=bubble][data-direction="customer"]')
    await expect(own).to_have_attribute("data-status", "delivered")
    await expect(page.get_by_test_id("composer")).to_have_value("")
    message = receiver.values("messages")[0]
    assert message["text"]["body"] == "Merhaba 👋"
    assert message["from"] == "905550104418"
    await player.graph.post(
        f"/v24.0/{player.phone_id}/messages",
        json={"messaging_product": "whatsapp", "status": "read", "message_id": message["id"]},
    )
    await expect(own).to_have_attribute("data-status", "read")
    wamid = (await player.send(to="905550104418")).json()["messages"][0]["id"]
    business = page.locator('[data-testid=bubble][data-direction="business"]')
    await expect(business).to_contain_text("Selam")
    await expect(business).to_have_attribute("data-status", "read")
    await receiver.until(lambda: receiver.steps(wamid) == ["sent", "delivered", "read"])
    await page.get_by_test_id("attach-input").set_input_files(
        FilePayload(name="film.jpg", mimeType="image/jpeg", buffer=picture())
    )
    await expect(page.locator('[data-testid=bubble][data-type="image"] img')).to_be_visible()
    await receiver.until(lambda: receiver.values("messages")[-1]["type"] == "image")
    await page.context.close()


async def test_a_voice_note_arrives_as_opus_in_an_ogg_container(
    browser: Browser, player: Player, receiver: Receiver
) -> None:
    customer = await player.customer(name="Umut")
    page = await open_page(browser, player, DESKTOP, f"/?customer={customer['id']}")
    await page.get_by_role("button", name="Ses kaydet").click()
    await page.wait_for_timeout(1200)
    await page.get_by_role("button", name="Kaydı gönder").click()
    await receiver.until(lambda: any(one["type"] == "audio" for one in receiver.values("messages")))
    audio = receiver.values("messages")[-1]["audio"]
    assert (audio["voice"], audio["mime_type"]) == (True, "audio/ogg; codecs=opus")
    content = (await player.graph.get(audio["url"])).content
    assert content.startswith(b"OggS")
    assert b"OpusHead" in content[:200]
    await page.context.close()


async def test_an_opened_thread_that_is_not_on_the_screen_is_delivered_but_not_read(
    browser: Browser, player: Player, receiver: Receiver
) -> None:
    first = await player.customer(phone="+905550000001", name="Birinci")
    second = await player.customer(phone="+905550000002", name="İkinci")
    for one in (first, second):
        await player.writes(one["id"])
    page = await open_page(browser, player, DESKTOP)
    rows = page.get_by_test_id("customer-row")
    await rows.filter(has_text="Birinci").click()
    await rows.filter(has_text="İkinci").click()
    wamid = (await player.send(to="905550000001")).json()["messages"][0]["id"]
    await receiver.until(lambda: receiver.steps(wamid) == ["sent", "delivered"])
    await expect(rows.filter(has_text="Birinci")).to_contain_text("1 okunmamış")
    await asyncio.sleep(1.2)
    assert receiver.steps(wamid) == ["sent", "delivered"], "a played phone does not read by itself"
    await rows.filter(has_text="Birinci").click()
    await receiver.until(lambda: receiver.steps(wamid) == ["sent", "delivered", "read"])
    await page.context.close()


async def test_a_phone_that_nobody_holds_any_more_goes_on_by_itself(
    browser: Browser, player: Player, receiver: Receiver
) -> None:
    customer = await player.customer(name="Emma")
    await player.writes(customer["id"])
    page = await open_page(browser, player, PHONE, f"/?customer={customer['id']}")
    await expect(page.get_by_test_id("bubble")).to_have_count(1)
    await page.locator("nav button").nth(0).click()
    wamid = (await player.send()).json()["messages"][0]["id"]
    await receiver.until(lambda: receiver.steps(wamid) == ["sent", "delivered"])
    await page.context.close()
    await receiver.until(lambda: receiver.steps(wamid) == ["sent", "delivered", "read"])


async def test_faults_window_and_crowd_are_switched_from_the_page(
    browser: Browser, player: Player, receiver: Receiver
) -> None:
    customer = await player.customer(name="Khalid")
    await player.writes(customer["id"])
    page = await open_page(browser, player, DESKTOP, f"/?customer={customer['id']}", locale="en-GB")
    await page.get_by_test_id("fault-duplicate").check()
    await expect(page.get_by_text("1 on", exact=True)).to_be_visible()
    await until(lambda: faults_of(player), {"duplicate": {"times": 2}})
    await page.get_by_role("button", name="All off").click()
    await expect(page.get_by_test_id("fault-duplicate")).not_to_be_checked()
    await until(lambda: faults_of(player), {})
    await page.get_by_test_id("window-closed").check()
    await until(lambda: hold_of(player), "closed")
    wamid = (await player.send()).json()["messages"][0]["id"]
    await receiver.until(lambda: receiver.steps(wamid) == ["failed"])
    await expect(page.locator('[data-testid=bubble][data-status="failed"]')).to_contain_text("131047")
    await page.get_by_role("spinbutton").fill("7")
    await page.get_by_role("button", name="7 customers write").click()
    await expect(page.get_by_text("7 messages arrived", exact=False)).to_be_visible()
    await expect(page.get_by_test_id("customer-row")).to_have_count(8)
    await page.get_by_test_id("log-row").first.click()
    await expect(page.get_by_text("Signature valid")).to_be_visible()
    await page.context.close()


async def test_what_was_asked_before_a_click_does_not_move_the_switch_back(browser: Browser, player: Player) -> None:
    await player.customer(name="Khalid")
    page = await browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    clicked = asyncio.Event()

    async def wait(route: Route) -> None:
        await clicked.wait()
        await route.continue_()

    # The page takes the state, which it has by then, together with the log.
    await page.route("**/_control/log?*", wait)
    async with page.expect_response("**/_control/state"):
        await page.goto(player.sandbox.base_url)
    await page.get_by_test_id("fault-duplicate").check()
    await until(lambda: faults_of(player), {"duplicate": {"times": 2}})
    clicked.set()
    await expect(page.get_by_test_id("customer-row")).to_have_count(1)
    await expect(page.get_by_test_id("fault-duplicate")).to_be_checked()
    await page.close()


async def test_who_writes_right_after_the_window_was_closed_has_written_a_day_ago(
    browser: Browser, player: Player, receiver: Receiver
) -> None:
    """Also a stranger, whose window is closed by itself: the control shows that already and must take the click."""
    customer = await player.customer(name="Rıza")
    page = await open_page(browser, player, DESKTOP, f"/?customer={customer['id']}")
    await expect(page.get_by_test_id("window-closed")).to_be_checked()
    await page.get_by_test_id("composer").fill("Dünden kalan")
    await page.get_by_test_id("window-closed").click()
    await page.get_by_test_id("send").click()
    await receiver.until(lambda: receiver.values("messages") != [])
    assert int(receiver.values("messages")[0]["timestamp"]) < time.time() - 86_400
    await page.context.close()


async def test_the_page_says_when_the_sandbox_is_gone_and_comes_back_by_itself(
    browser: Browser, settings: Settings, receiver: Receiver
) -> None:
    async with serving(replace(settings, web_dir=WEB)) as sandbox:
        port = sandbox.settings.port
        receiver.verify_token = sandbox.info()["whatsapp_cloud"]["verify_token"]
        async with httpx.AsyncClient(base_url=sandbox.base_url) as client:
            await client.post(
                "/_control/whatsapp_cloud/say", json={"phone": "+905551112233", "text": "x", "wait": True}
            )
        page = await browser.new_page(locale="en-GB")
        await page.goto(sandbox.base_url)
        await page.get_by_test_id("customer-row").click()
        await page.get_by_test_id("composer").fill("Not lost")
    await expect(page.get_by_text("No connection to the sandbox", exact=False)).to_be_visible()
    await page.get_by_test_id("send").click()
    await expect(page.get_by_test_id("composer")).to_have_value("Not lost")
    async with serving(replace(settings, port=port, web_dir=WEB)):
        await expect(page.get_by_text("No connection to the sandbox", exact=False)).to_be_hidden()
        await page.get_by_test_id("send").click()
        await expect(page.locator('[data-testid=bubble][data-status="delivered"]')).to_have_count(2)
    await page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("locale", ["tr-TR", "en-GB"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_nothing(
    browser: Browser, player: Player, size: tuple[int, int], locale: str, dark: bool
) -> None:
    if not AXE.exists():
        missing("axe-core is not installed in web/node_modules")
    customer = await player.customer(name="Gülşah")
    await player.writes(customer["id"], text="Merhaba")
    await player.writes(customer["id"], file={"base64": base64.b64encode(picture()).decode(), "mime": "image/jpeg"})
    await player.writes(customer["id"], type="location", location={"latitude": 41.0, "longitude": 29.0, "name": "Ofis"})
    await player.send()
    template = {"name": "hatirlatma", "language": "tr", "category": "UTILITY", "status": "REJECTED", "reason": "SCAM"}
    body = {"templates": [template | {"components": [{"type": "BODY", "text": "Merhaba {{1}}!"}]}]}
    await player.control.post("/whatsapp_cloud/templates", json=body)
    await player.idle()
    closed = await player.control.put(f"/whatsapp_cloud/customers/{customer['id']}/window", json={"state": "closed"})
    assert closed.status_code == 200
    await player.send()
    await player.idle()
    page = await open_page(browser, player, size, f"/?customer={customer['id']}", locale=locale, dark=dark)
    await expect(page.get_by_test_id("bubble")).to_have_count(5)
    await expect(page.locator('[data-testid=bubble][data-status="failed"]')).to_be_visible()
    await page.evaluate(AXE.read_text())
    found: list[str] = []

    async def look(where: str) -> None:
        seen = await page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        found.extend(f"{where}: {one['id']} {one['nodes'][0]['target']}" for one in seen["violations"])
        if not await page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            found.append(f"{where}: wider than the screen")

    async def tab(number: int) -> None:
        if size is PHONE:
            await page.locator("nav button").nth(number).click()

    await look("the phone")
    await page.get_by_test_id("message-menu").first.click()
    await page.get_by_test_id("menu-reply").wait_for()
    await look("what can be done with a message")
    await page.get_by_test_id("menu-reply").click()
    await page.get_by_test_id("attach").click()
    await page.get_by_test_id("menu-sticker").wait_for()
    await look("what can be sent, and a quote")
    for sheet in ("location", "contact", "sticker", "ad", "move"):
        await page.get_by_test_id(f"menu-{sheet}").click()
        await page.get_by_role("dialog").wait_for()
        await look(sheet)
        await page.keyboard.press("Escape")
        await page.get_by_test_id("attach").click()
    await page.keyboard.press("Escape")
    await tab(0)
    await page.get_by_test_id("add-customer").click()
    await page.locator("form input[type=tel]").wait_for()
    await look("a new customer")
    await tab(2)
    await page.get_by_test_id("fault-duplicate").check()
    await page.get_by_test_id("fault-outage").check()
    await page.get_by_test_id("window-closed").click()
    await look("controls")
    await player.writes(customer["id"], text="wartet")
    if size is PHONE:
        await tab(3)
    else:
        await page.get_by_test_id("panel-templates").click()
    await page.get_by_test_id("template-row").first.click()
    await page.get_by_test_id("template-reject").wait_for()
    await look("templates")
    await tab(4)
    await page.get_by_test_id("waiting").locator("summary").click()
    await page.get_by_test_id("log-row").first.click()
    await page.get_by_text("Başlıklar" if locale == "tr-TR" else "Headers", exact=False).first.click()
    await page.locator("pre").first.wait_for()
    await look("the log")
    assert found == []
    await page.context.close()
