"""Takes the pictures of docs/design.md from a running demo: `make demo` beside it, then `.venv/bin/python scripts/pictures.py`.

Needs Chromium and the demo's addresses (`--desk`, `--sandbox`). Every picture is one screen of docs/pictures, in the
sizes that the page compares; a palette of 256 colours keeps the clone small.
"""

from __future__ import annotations

import argparse
import io
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from invekto.entry.demo import DEMO_PASSWORD

PLACE = Path(__file__).parents[1] / "docs" / "pictures"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def keep(page: Page, name: str) -> None:
    """Writes what `page` shows now to `name`.png."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    PLACE.mkdir(parents=True, exist_ok=True)
    picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        PLACE / f"{name}.png", optimize=True
    )


class Camera:
    """One browser, the demo's two addresses, and a page per picture."""

    def __init__(self, browser: Browser, desk: str, sandbox: str) -> None:
        self.browser, self.desk, self.sandbox = browser, desk, sandbox

    def page(self, size: dict[str, int], *, user: str | None, dark: bool = False, english: bool = False) -> Page:
        """A page of its own context; signed in to the firm `demo` as `user`, if one is named."""
        context = self.browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            locale="en-GB" if english else "tr-TR",
            color_scheme="dark" if dark else "light",
            timezone_id="Europe/Istanbul",
            has_touch=size is PHONE,
            reduced_motion="reduce",
        )
        page = context.new_page()
        if user:
            firm = {"firm": "demo", "user": user, "password": DEMO_PASSWORD}
            answer = context.request.post(f"{self.desk}/api/v1/session", data=firm, headers={"Origin": self.desk})
            if not answer.ok:
                raise SystemExit(f"{self.desk} does not sign {user} in: {answer.status} {answer.text()[:200]}")
        return page

    def thread(self, page: Page) -> str:
        """The sample thread that shows most: one that may be answered, with an album and many kinds of message near its end."""
        items = page.context.request.get(f"{self.desk}/api/v1/conversations?view=mine&limit=100").json()["items"]

        def kinds(conversation: str) -> int:
            answer = page.context.request.get(f"{self.desk}/api/v1/conversations/{conversation}/messages?limit=20")
            items = answer.json()["items"]
            album = sum(item["type"] == "image" and item["direction"] == "inbound" for item in items) > 2
            return len({(item["type"], item["direction"]) for item in items}) + (4 if album else 0)

        soon = f"{datetime.now(UTC) + timedelta(minutes=5):%Y-%m-%dT%H:%M}"
        open_ones = [item for item in items if item["window"] and (item["window"]["closes_at"] or "9") > soon]
        return str(max(open_ones, key=lambda item: kinds(item["id"]))["id"])


def inbox(camera: Camera, name: str, *, size: dict[str, int] = DESKTOP, dark: bool = False) -> None:
    page = camera.page(size, user="agent1", dark=dark)
    page.goto(f"{camera.desk}/inbox/mine/{camera.thread(page)}")
    page.get_by_test_id("message").last.wait_for()
    keep(page, name)
    page.context.close()


def canned(camera: Camera) -> None:
    page = camera.page(DESKTOP, user="agent1")
    page.goto(f"{camera.desk}/inbox/mine/{camera.thread(page)}")
    page.get_by_test_id("composer-input").click()
    page.keyboard.type("/")
    page.get_by_test_id("canned-option").first.wait_for()
    keep(page, "canned-replies")
    page.context.close()


def plain(
    name: str, path: str, ready: str, *, user: str | None = "supervisor", size: dict[str, int] = DESKTOP
) -> Callable[[Camera], None]:
    """A picture of the page at `path`, taken when the element `ready` is there."""

    def take(camera: Camera) -> None:
        page = camera.page(size, user=user)
        page.goto(f"{camera.desk}{path}")
        page.locator(ready).first.wait_for()
        keep(page, name)
        page.context.close()

    return take


def sandbox(camera: Camera) -> None:
    page = camera.page(DESKTOP, user=None)
    page.goto(camera.sandbox)
    page.get_by_test_id("customer-row").first.click()
    page.get_by_test_id("bubble").first.wait_for()
    keep(page, "sandbox")
    page.context.close()


PICTURES: dict[str, Callable[[Camera], None]] = {
    "inbox": lambda camera: inbox(camera, "inbox"),
    "inbox-dark": lambda camera: inbox(camera, "inbox-dark", dark=True),
    "phone-list": plain("phone-list", "/inbox/mine", "[data-testid=conversation-row]", user="agent1", size=PHONE),
    "phone-thread": lambda camera: inbox(camera, "phone-thread", size=PHONE),
    "canned-replies": canned,
    "channels": plain("channels", "/channels", "[data-testid=channel-card]"),
    "templates": plain("templates", "/templates", "[data-testid=template-row]"),
    "template-editor": plain("template-editor", "/templates/new", "[data-testid=template-editor]"),
    "sign-in": plain("sign-in", "/sign-in", "form", user=None),
    "sandbox": sandbox,
}


def main() -> None:
    """Takes all pictures, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--desk", default="http://127.0.0.1:8000")
    parser.add_argument("--sandbox", default="http://127.0.0.1:8001")
    parser.add_argument("names", nargs="*", choices=[[], *PICTURES], metavar="NAME")
    asked = parser.parse_args()
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        camera = Camera(browser, asked.desk, asked.sandbox)
        for name in asked.names or PICTURES:
            PICTURES[name](camera)
        browser.close()


if __name__ == "__main__":
    main()
