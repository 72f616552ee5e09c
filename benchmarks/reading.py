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
from benchmarks.sockets import Screen, Watch

LIST = Budget("inbox list, any page of 50", "ms", "lower", 20, 5)
GROWTH = Budget("inbox list p95, growth", "x", "lower", 1.5, 1.1)
FANOUT = Budget("webhook -> every one of N sockets, p99", "ms", "lower", 50, 20)
BESIDE_SLOW = Budget("webhook -> socket at 200/s beside N that read nothing, p99", "ms", "lower", 60, 30)
SOCKET = Budget("memory per idle socket", "KB", "lower")
_SOCKETS_PER_USER = 20


def lists(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """From the first page to the last, or as far as the time goes: a deep page must cost as much as the first."""
    p95, inbound = {}, {}
    for size in plan.list_sizes:
        grow(bench, 0, size)
        plan.calm_down(f"inbound at {size:,}")
        run = bench.process(bench.order(plan.messages, new=False))
        inbound[size] = run.per_s
        plan.judge(f"inbound at {size:,}", run.spent)
        say(f"{size:,} conversations: {run.per_s:,.0f} messages/s, {run.cpu_ms:.2f} ms CPU each")
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
        yield Budget(
            f"inbound, existing conversations: rate at {small:,} against {large:,} stored", "x", "lower", 1.5, 1.1
        ).of(inbound[small], inbound[large])


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
    """All who are told belong to one firm, so every one gets every message; other firms' screens are open and idle."""
    firm = bench.firms[1]
    users = make_users(bench, firm, -(-plan.sockets // _SOCKETS_PER_USER))
    cookies = [bench.cookie(user, firm.slug) for user in users for _ in range(_SOCKETS_PER_USER)][: plan.sockets]
    plan.calm_down(f"{plan.sockets} sockets, {plan.idle_sockets} idle")
    before_mb = pss_mb(bench.running["web"].pid)
    idle = _idle(bench, plan)
    order = bench.order(20, new=False, rate_per_s=4, firms=slice(1, 2))
    watch = Watch(bench.port, bench.url, cookies, order.first_mark, order.count, everyone=True)
    screens = Screens(watch, bench.folder)
    try:
        time.sleep(2)
        grown_kb = (pss_mb(bench.running["web"].pid) - before_mb) * 1024
        with spending(bench.trees) as spent:
            posted = Load(order, bench.folder).post()
            came = screens.came(30)
    finally:
        screens.end()
        idle.end()
    everybody = plan.sockets + plan.idle_sockets
    took = [(at - posted.due[place % order.count]) * 1000 for place, at in enumerate(came) if at]
    if len(took) != order.count * plan.sockets:
        raise AssertionError(f"{len(took)} of {order.count * plan.sockets} frames came")
    plan.judge("fan-out", spent)
    say(
        f"{plan.sockets} sockets: p50 {percentile(took, 50):.1f} p99 {percentile(took, 99):.1f} ms; {grown_kb / everybody:.0f} KB each"
    )
    name = FANOUT.name.replace("N", f"{plan.sockets:,}").replace("sockets", f"sockets of {everybody:,}")
    yield Budget(name, "ms", "lower", FANOUT.must, FANOUT.aim).of(percentile(took, 99))
    yield SOCKET.of(grown_kb / everybody)


def _idle(bench: Bench, plan: Plan) -> Screens:
    """Open screens of another firm, to whom nothing happens."""
    firm = bench.firms[2]
    users = make_users(bench, firm, -(-plan.idle_sockets // _SOCKETS_PER_USER))
    cookies = [cookie for cookie in (bench.cookie(user, firm.slug) for user in users) for _ in range(_SOCKETS_PER_USER)]
    never = bench.next_mark()
    return Screens(Watch(bench.port, bench.url, cookies[: plan.idle_sockets], never, 1), bench.folder / "idle")


def beside_slow(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """Some screens of every firm's do not read a byte: the others must not feel it, and memory must not grow."""
    plan.calm_down(f"{plan.slow_sockets} sockets that read nothing")
    # Nobody reads in this firm, so its threads begin far above their end: not one that others open.
    firm = bench.firms[4]
    cookies = [bench.cookie("agent", firm.slug) for _ in range(plan.slow_sockets)]
    before_mb = pss_mb(bench.running["web"].pid)
    slow = [Screen(bench.port, bench.url, cookie, unread_bytes=4096) for cookie in cookies]
    try:
        with spending(bench.trees) as spent:
            order = bench.order(
                int(200 * plan.latency_s), new=False, rate_per_s=200, seconds=plan.latency_s, firms=slice(4, 5)
            )
            run = bench.process(order)
        grown_mb = pss_mb(bench.running["web"].pid) - before_mb
    finally:
        for screen in slow:
            screen.socket.close()
    plan.judge("beside slow screens", spent)
    say(
        f"p50 {percentile(run.push_ms, 50):.1f} p99 {percentile(run.push_ms, 99):.1f} ms, web grew by {grown_mb:.1f} MB"
    )
    yield Budget(
        BESIDE_SLOW.name.replace("N", str(plan.slow_sockets)), "ms", "lower", BESIDE_SLOW.must, BESIDE_SLOW.aim
    ).of(percentile(run.push_ms, 99))
    yield Budget(f"web's growth by {plan.slow_sockets} sockets that read nothing", "MB", "lower", 50, 20).of(grown_mb)
