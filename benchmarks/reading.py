"""The inbox on the screen: pages of long lists, and one message shown on a thousand screens."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.desk import Bench, Caller
from benchmarks.figures import Budget, Figure, percentile
from benchmarks.helpers import Load, Screens
from benchmarks.machine import pss_mb, spending
from benchmarks.plan import Plan, say
from benchmarks.seeding import grow, make_users
from benchmarks.sockets import Watch

LIST = Budget("inbox list, any page of 50", "ms", "lower", 20, 5)
GROWTH = Budget("inbox list p95, growth", "x", "lower", 1.5, 1.1)
FANOUT = Budget("webhook -> every one of N sockets, p99", "ms", "lower", 50, 20)
SOCKET = Budget("memory per idle socket", "KB", "lower")
_SOCKETS_PER_USER = 20


def lists(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """From the first page to the last, or as far as the time goes: a deep page must cost as much as the first."""
    p95 = {}
    for size in plan.list_sizes:
        grow(bench, 0, size)
        plan.calm_down(f"lists of {size:,}")
        took = []
        for user, view in (("supervisor", "all"), ("agent", "unassigned"), ("agent", "mine")):
            caller = bench.caller(user, 0)
            with spending(bench.trees) as spent:
                times, pages = _walk(caller, view, plan.list_s)
            caller.close()
            plan.judge(f"list {view} of {size:,}", spent)
            say(
                f"{size:,} conversations, {view}: {pages} pages, p50 {percentile(times, 50):.1f} "
                f"p95 {percentile(times, 95):.1f} ms, {spent.total_s * 1000 / pages:.1f} ms CPU each"
            )
            took.append((percentile(times, 95), view))
        worst, view = max(took)
        p95[size] = worst
        yield Budget(
            f"{LIST.name} of {size:,} conversations, slowest view, p95", "ms", "lower", LIST.must, LIST.aim
        ).of(worst)
    if len(p95) > 1:
        small, large = min(p95), max(p95)
        named = Budget(
            f"{GROWTH.name} from {small:,} to {large:,} conversations", "ms", "lower", GROWTH.must, GROWTH.aim
        )
        yield named.of(p95[large], p95[small])


def _walk(caller: Caller, view: str, longest_s: float) -> tuple[list[float], int]:
    for _ in range(5):
        caller.get(f"/api/v1/conversations?view={view}&limit=50")
    took, cursor = [], ""
    deadline = time.monotonic() + longest_s
    while time.monotonic() < deadline:
        took_ms, page = caller.get(f"/api/v1/conversations?view={view}&limit=50{cursor}")
        took.append(took_ms)
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else ""
    return took, len(took)


def fan_out(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """All sockets belong to one firm, so every one gets every message."""
    firm = bench.firms[1]
    users = make_users(bench, firm, -(-plan.sockets // _SOCKETS_PER_USER))
    cookies = [bench.cookie(user, firm.slug) for user in users for _ in range(_SOCKETS_PER_USER)][: plan.sockets]
    plan.calm_down(f"{plan.sockets} sockets")
    before_mb = pss_mb(bench.running["web"].pid)
    order = bench.order(20, new=False, rate_per_s=4, firms=slice(1, 2))
    watch = Watch(bench.port, bench.url, cookies, order.first_mark, order.count, everyone=True)
    screens = Screens(watch, bench.folder)
    try:
        time.sleep(1)
        grown_kb = (pss_mb(bench.running["web"].pid) - before_mb) * 1024
        with spending(bench.trees) as spent:
            posted = Load(order, bench.folder).post()
            came = screens.came(30)
    finally:
        screens.end()
    took = [(at - posted.due[place % order.count]) * 1000 for place, at in enumerate(came) if at]
    if len(took) != order.count * plan.sockets:
        raise AssertionError(f"{len(took)} of {order.count * plan.sockets} frames came")
    plan.judge("fan-out", spent)
    say(
        f"{plan.sockets} sockets: p50 {percentile(took, 50):.1f} p99 {percentile(took, 99):.1f} ms; {grown_kb / plan.sockets:.0f} KB each"
    )
    name = FANOUT.name.replace("N", f"{plan.sockets:,}")
    yield Budget(name, "ms", "lower", FANOUT.must, FANOUT.aim).of(percentile(took, 99))
    yield SOCKET.of(grown_kb / plan.sockets)
