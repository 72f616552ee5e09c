"""A browser and a whole desk for the stories. Without Chromium each story is a counted skip, unless REQUIRE_BROWSER=1."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.desk import PASSWORD, ROOT, Desk

CHROMIUM = os.environ.get("INVEKTO_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"

expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program's path; a skip, or with REQUIRE_BROWSER=1 a failure, where there is none."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(f"REQUIRE_BROWSER=1, but there is no Chromium at {CHROMIUM}")
        pytest.skip(f"browser story: no Chromium at {CHROMIUM} (Debian: apt-get install chromium)")
    return CHROMIUM


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Per module: as long as it is open its thread counts as inside an event loop, and no test of asyncio could run there."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def desk(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all stories of this process; each story plays customers of its own."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    try:
        yield desk.start()
    finally:
        desk.stop()


def new_context(browser: Browser, *, size: dict[str, int], locale: str = "tr", dark: bool = False) -> BrowserContext:
    return browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        locale="tr-TR" if locale == "tr" else "en-GB",
        color_scheme="dark" if dark else "light",
        timezone_id="Europe/Istanbul",
        has_touch=size is PHONE,
        reduced_motion="reduce",
    )


@pytest.fixture
def phone_page(browser: Browser, desk: Desk) -> Iterator[Page]:
    """The sandbox's page: the customer's side."""
    context = new_context(browser, size=DESKTOP)
    page = context.new_page()
    page.goto(desk.sandbox_url)
    yield page
    context.close()


def sign_in(page: Page, desk: Desk, user: str = "agent1", firm: str = "demo") -> None:
    page.goto(desk.url)
    page.locator("input[name=firm]").fill(firm)
    page.locator("input[name=user]").fill(user)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button[type=submit]").click()
    expect(page.get_by_test_id("view-mine")).to_be_visible()


def axe_violations(page: Page) -> list[str]:
    """What axe finds by WCAG 2.2 AA and its best practices: rule, impact and the first element."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']} ({violation['impact']}): {violation['nodes'][0]['target']} {violation['nodes'][0]['failureSummary']}"
        for violation in found["violations"]
    ]
