"""The client in a real browser: how much it loads, how soon one can work, how fast it follows hands and customers."""

from __future__ import annotations

import gzip
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.desk import Bench
from benchmarks.figures import Budget, Figure, percentile
from benchmarks.helpers import Load
from benchmarks.plan import Plan, say
from benchmarks.seeding import grow

SCRIPTS = Budget("client: JavaScript of the first load of the inbox, gzip", "kB", "lower", 200, 160)
STYLES = Budget("client: CSS of the first load of the inbox, gzip", "kB", "lower", 40)
USABLE = Budget("client: inbox usable, nothing cached", "s", "lower", 1.5)
SHIFT = Budget("client: layout shift while it loads", "", "lower", 0.02)
SWITCH = Budget("client: to a conversation seen before", "ms", "lower")
KEYSTROKE = Budget("client: keystroke -> paint, p95", "ms", "lower", 40)
STORM = Budget("client: keystroke -> paint, p95, with 100 messages/s", "ms", "lower", 100)
BUBBLE = Budget("client: Enter -> own bubble, p95", "ms", "lower", 50)
SCROLL = Budget("client: frame while 10,000 conversations scroll, p95", "ms", "lower", 34)
_FIRM = 3
_CONVERSATIONS = 10_000
_VISITS = 20
_LETTERS = 60
_ANSWERS = 12
_CHROMIUM = os.environ.get("INVEKTO_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"

# Resolves in the frame after the page shows a message (by id, or by a word of its text); since the key went down, in ms.
_AWAIT = """
([id, word]) => { window.benchShown = new Promise((resolve) => {
  let began = 0;
  addEventListener('keydown', (event) => { began = event.timeStamp; }, {capture: true, once: true});
  const shown = () => [...document.querySelectorAll('[data-testid=message]')].some(
    (line) => id ? line.dataset.id === id : line.textContent.includes(word));
  const look = () => began && shown()
    ? requestAnimationFrame(() => resolve(performance.now() - began)) : requestAnimationFrame(look);
  look();
}); }
"""
# Event Timing reports what took 16 ms or more; the others are counted as 16.
_WATCH_KEYS = """
() => { window.benchKeys = []; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.name === 'keydown') window.benchKeys.push(entry.duration);
}).observe({type: 'event', durationThreshold: 16}); }
"""
_WATCH_SHIFTS = """
window.benchShift = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.benchShift += entry.value;
}).observe({type: 'layout-shift', buffered: true});
"""
_SCROLL = """
async (frames) => {
  let pane = document.querySelector('[data-testid=conversation-row]');
  while (pane && pane.scrollHeight <= pane.clientHeight + 1) pane = pane.parentElement;
  const times = []; let last = await new Promise(requestAnimationFrame);
  for (let n = 0; n < frames; n++) {
    pane.scrollTop += 400;
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last); last = now;
  }
  return times;
}
"""


_ALL_READ = """
insert into conversation_read (tenant_id, conversation_id, user_id, seq, inbound_no, updated_at)
select c.tenant_id, c.id, u.id, c.last_seq, c.inbound_count, now()
  from conversation c join user_account u on u.tenant_id = c.tenant_id and u.username = 'supervisor'
 where c.tenant_id = $1
    on conflict (tenant_id, conversation_id, user_id) do update set seq = excluded.seq, inbound_no = excluded.inbound_no
"""


def screen(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """One agent's desktop window of a firm with many conversations, on the machine that also runs everything else."""
    if not Path(_CHROMIUM).exists():
        say(f"the client is not measured: no Chromium at {_CHROMIUM}")
        return
    grow(bench, _FIRM, _CONVERSATIONS)
    # What other rows have written is read: a thread with a screenful of news begins above its end.
    bench.rows(_ALL_READ, bench.firms[_FIRM].tenant_id)
    plan.calm_down("client in a browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        try:
            yield from _first_loads(bench, browser, plan)
            context = _signed_in(bench, browser)
            page = context.new_page()
            _open(bench, page)
            yield from _switching(bench, page)
            yield from _typing(bench, page)
            yield SCROLL.of(percentile(page.evaluate(_SCROLL, 120), 95))
        finally:
            browser.close()


def _signed_in(bench: Bench, browser: Browser) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="tr-TR")
    for pair in bench.cookie("supervisor", bench.firms[_FIRM].slug).split("; "):
        name, _, value = pair.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": bench.url}])
    return context


def _open(bench: Bench, page: Page) -> float:
    """Seconds until the list stands there."""
    began = time.monotonic()
    page.goto(f"{bench.url}/inbox/all", wait_until="commit")
    page.get_by_test_id("conversation-row").first.wait_for()
    return time.monotonic() - began


def _first_loads(bench: Bench, browser: Browser, plan: Plan) -> Iterator[Figure]:
    took, sizes, shifts = [], {"js": 0.0, "css": 0.0}, []
    for _ in range(plan.rounds):
        context = _signed_in(bench, browser)
        page = context.new_page()
        page.add_init_script(_WATCH_SHIFTS)
        took.append(_open(bench, page))
        page.wait_for_timeout(1000)
        shifts.append(float(page.evaluate("window.benchShift")))
        urls = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
        sizes = {kind: _gzip_kb(page, urls, kind) for kind in sizes}
        context.close()
    yield SCRIPTS.of(sizes["js"])
    yield STYLES.of(sizes["css"])
    yield USABLE.of(median(took))
    yield SHIFT.of(median(shifts))


def _gzip_kb(page: Page, urls: list[str], kind: str) -> float:
    bodies = [page.request.get(url).body() for url in dict.fromkeys(urls) if url.partition("?")[0].endswith(f".{kind}")]
    return sum(len(gzip.compress(body, 9)) for body in bodies) / 1000


def _switching(bench: Bench, page: Page) -> Iterator[Figure]:
    caller = bench.caller("supervisor", _FIRM)
    listed = caller.get(f"/api/v1/conversations?view=all&limit={_VISITS + 1}")[1]["items"]
    newest = [
        caller.get(f"/api/v1/conversations/{conversation['id']}/messages?limit=1")[1]["items"][-1]["id"]
        for conversation in listed
    ]
    caller.close()
    page.goto(f"{bench.url}/inbox/all/{listed[0]['id']}")
    page.locator(f'[data-testid=message][data-id="{newest[0]}"]').wait_for()
    # There: each is loaded. Back: each is in the store.
    for message in newest[1:]:
        _press_until(page, "j", message)
    took = [_press_until(page, "k", message) for message in reversed(newest[:-1])]
    for part, must in ((50, 60), (95, 100)):
        yield Budget(f"{SWITCH.name}, p{part}", "ms", "lower", must).of(percentile(took, part))


def _press_until(page: Page, key: str, message_id: str) -> float:
    page.evaluate(_AWAIT, [message_id, None])
    page.keyboard.press(key)
    return float(page.evaluate("window.benchShown"))


def _typing(bench: Bench, page: Page) -> Iterator[Figure]:
    page.evaluate(_WATCH_KEYS)
    field = page.get_by_test_id("composer-input")
    field.focus()
    yield KEYSTROKE.of(_paints(page))
    bubbles = []
    for number in range(_ANSWERS):
        field.fill(f"Randevunuz hazır {number}.")
        page.evaluate(_AWAIT, [None, f"hazır {number}."])
        page.keyboard.press("Enter")
        bubbles.append(float(page.evaluate("window.benchShown")))
    yield BUBBLE.of(percentile(bubbles, 95))
    load = Load(bench.order(600, new=False, rate_per_s=100, firms=slice(_FIRM, _FIRM + 1)), bench.folder)
    try:
        load.go()
        page.wait_for_timeout(500)
        yield STORM.of(_paints(page))
        load.done(60)
    finally:
        load.end()


def _paints(page: Page) -> float:
    page.evaluate("window.benchKeys = []")
    for _ in range(_LETTERS):
        page.keyboard.press("a")
        page.wait_for_timeout(60)
    page.wait_for_timeout(300)
    slow: list[Any] = page.evaluate("window.benchKeys")
    return percentile([*map(float, slow), *[16.0] * max(0, _LETTERS - len(slow))], 95)
