"""Webhooks in: acknowledged, processed, pushed; what each costs."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.desk import Bench, Processed
from benchmarks.figures import Budget, Figure, percentile
from benchmarks.helpers import Load
from benchmarks.machine import spending
from benchmarks.plan import Plan, say

ACK = Budget("webhook durable ack, 1 process, 32 clients (of S1)", "/s", "higher", 0.5, 0.9)
ACK_CPU = Budget("PostgreSQL CPU per acknowledged webhook (of one S1 row)", "us", "lower", 0.25, 0.15)
EXISTING = Budget("inbound processed and pushed, existing conversations, 50 firms (of S1)", "/s", "higher", 0.15, 0.30)
NEW = Budget("inbound processed and pushed, each opens a conversation, 50 firms (of S1)", "/s", "higher", 0.08, 0.20)
CPU_FULL = Budget("CPU per inbound message at saturation", "ms", "lower", 1.0, 0.5)
CPU_NEW = Budget("CPU per inbound message at saturation, each opens a conversation", "ms", "lower")
CPU_200 = Budget("CPU per inbound message at 200/s", "ms", "lower", 5.0, 2.5)
STATEMENTS = Budget("statements per inbound message at saturation", "", "lower", 4, 0.5)
LATENCY = {
    ("ack", 50): Budget("webhook -> ack at 50/s, p50", "ms", "lower", 8, 4),
    ("ack", 99): Budget("webhook -> ack at 50/s, p99", "ms", "lower", 40, 20),
    ("push", 50): Budget("webhook -> WebSocket at 50/s, p50", "ms", "lower", 15, 8),
    ("push", 99): Budget("webhook -> WebSocket at 50/s, p99", "ms", "lower", 60, 30),
}


def acknowledged(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """Closed loop against the web process alone: S1 runs alone too."""
    rates, costs = [], []
    with bench.without_worker():
        for _ in plan.repeat("acknowledging"):
            # S1's table is empty too when a round begins; and a web process takes in 200,000 that nobody reads, no more.
            bench.rows("truncate receipt")
            s1 = bench.s1(plan.s1_s)
            # More than can be posted in the time, so that nobody runs dry.
            load = Load(bench.order(int(plan.ack_s * 30_000), new=False, seconds=plan.ack_s), bench.folder)
            with spending(bench.trees) as spent:
                posted = load.post()
            if posted.refused:
                raise AssertionError(f"webhooks were refused: {posted.refused}")
            rate = posted.accepted / (posted.ended - posted.began)
            cpu_us = spent.cpu_s["postgres"] / posted.accepted * 1e6
            rates.append((rate, s1.per_s))
            costs.append((cpu_us, s1.cpu_us))
            plan.judge("ack", s1.spent, spent)
            say(
                f"S1 {s1.per_s:,.0f}/s at {s1.cpu_us:.0f} us; ack {rate:,.0f}/s at {cpu_us:.1f} us of PostgreSQL and "
                f"{spent.cpu_s['web'] / posted.accepted * 1e6:.0f} us of web, "
                f"p50 {percentile(posted.latencies_ms, 50):.1f} p99 {percentile(posted.latencies_ms, 99):.1f} ms"
            )
    yield ACK.of_pairs(rates)
    yield ACK_CPU.of_pairs(costs)


def processed(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """From the first post to the last frame on a firm's screen."""
    existing, new, cpu, cpu_new = [], [], [], []
    for _ in plan.repeat("processing"):
        s1 = bench.s1(plan.s1_s)
        old = bench.process(bench.order(plan.messages, new=False))
        fresh = bench.process(bench.order(plan.newcomers, new=True))
        existing.append((old.per_s, s1.per_s))
        new.append((fresh.per_s, s1.per_s))
        cpu.append(old.cpu_ms)
        cpu_new.append(fresh.cpu_ms)
        plan.judge("inbound", s1.spent, old.spent, fresh.spent)
        say(f"S1 {s1.per_s:,.0f}/s; existing {_shown(old)}; new {_shown(fresh)}")
    yield EXISTING.of_pairs(existing)
    yield NEW.of_pairs(new)
    yield CPU_FULL.of(median(cpu))
    yield CPU_NEW.of(median(cpu_new))


def statements(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """Counted by pg_stat_statements, begin and commit included."""
    plan.calm_down("counting statements")
    bench.count_statements(True)
    try:
        bench.rows("select pg_stat_statements_reset()")
        count = len(bench.process(bench.order(plan.messages // 2, new=False)).came)
        calls = int(
            bench.value("select sum(calls)::bigint from pg_stat_statements where not query like '%pg_stat_statements%'")
        )
        for row in bench.rows(
            "select calls, round(mean_exec_time::numeric, 3)::float8 as ms, rows, left(regexp_replace(query, '\\s+', ' ', 'g'), 90) as query"
            " from pg_stat_statements order by total_exec_time desc limit 12"
        ):
            say(f"{row['calls']:>7} x {row['ms']:.3f} ms, {row['rows']} rows  {row['query']}")
    finally:
        bench.count_statements(False)
    yield STATEMENTS.of(calls / count)


def latency(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """Open loop; a late answer counts from when its webhook was due."""
    for rate in (50, 200):
        runs = []
        for _ in plan.repeat(f"latency at {rate}/s"):
            run = bench.process(bench.order(int(plan.latency_s * rate), new=False, rate_per_s=rate))
            runs.append(run)
            plan.judge(f"latency at {rate}/s", run.spent)
            say(
                f"ack p50 {percentile(run.posted.latencies_ms, 50):.1f} p99 {percentile(run.posted.latencies_ms, 99):.1f}, "
                f"screen p50 {percentile(run.push_ms, 50):.1f} p99 {percentile(run.push_ms, 99):.1f} ms, {_cost(run)}"
            )
        for (what, part), budget in LATENCY.items():
            measured = median(
                percentile(run.posted.latencies_ms if what == "ack" else run.push_ms, part) for run in runs
            )
            named = Budget(budget.name.replace("50/s", f"{rate}/s"), "ms", "lower", budget.must, budget.aim)
            yield named.of(measured)
        if rate == 200:
            yield CPU_200.of(median(run.cpu_ms for run in runs))


def _shown(run: Processed) -> str:
    return f"{run.per_s:,.0f}/s ({_cost(run)})"


def _cost(run: Processed) -> str:
    parts = (f"{name} {spent * 1000 / len(run.came):.2f}" for name, spent in run.spent.cpu_s.items())
    return f"{run.cpu_ms:.2f} ms CPU each: {', '.join(parts)}"
