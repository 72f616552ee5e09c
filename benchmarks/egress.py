"""Answers out: how soon the provider is asked, and how many per second leave a full outbox."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator

from benchmarks.desk import EXISTING_PER_FIRM, Bench
from benchmarks.figures import Budget, Figure, percentile
from benchmarks.machine import Spent, spending
from benchmarks.plan import Plan, say
from tests.desk import wait_until

SEND = Budget("agent's send -> provider called, p95", "ms", "lower", 40, 20)
ANSWER = Budget("agent's send -> answered, p95", "ms", "lower")
OUTBOX = Budget("outbox, one attempt per message (of S1)", "/s", "higher", 0.1, 0.25)
OUTBOX_FAILING = Budget("outbox, 5 % refused at first, until all are sent", "/s", "higher")
OUTBOX_CPU = Budget("CPU per outgoing message at saturation", "ms", "lower")
_PAUSE_S = 0.1
_OUTBOX_S = 60

# Each firm's conversations in turn get a message, then the next one of each: lanes are full from the start.
_QUEUE = """
with chosen as (
  select c.tenant_id, c.id, c.channel_id, c.last_seq, c.inbound_count,
         row_number() over (order by c.number, c.tenant_id) - 1 as place
    from conversation c
   where c.status = 'open' and c.window_closes_at > now() + interval '5 minutes'
   order by c.number, c.tenant_id limit $2
), wanted as (
  select chosen.*, turn, $1::bigint + turn * (select count(*) from chosen) + place as mark
    from chosen, generate_series(0, $3::int - 1) turn
), sent as (
  insert into message (tenant_id, id, conversation_id, channel_id, seq, direction, type, text, status, author_kind,
                       client_id, inbound_no, created_at)
  select tenant_id, uuidv7(), id, channel_id, last_seq + turn + 1, 'outbound', 'text', '#' || mark || '# Evet, uygun.',
         'queued', 'system', 'bench-' || mark, inbound_count, now()
    from wanted
  returning tenant_id, id, conversation_id, channel_id, seq
), counted as (
  update conversation c set last_seq = c.last_seq + $3
    from chosen where c.tenant_id = chosen.tenant_id and c.id = chosen.id
), laned as (
  insert into lane (tenant_id, conversation_id, channel_id, next_at)
  select tenant_id, id, channel_id, now() from chosen
)
insert into outbox (tenant_id, message_id, conversation_id, channel_id, created_at)
select tenant_id, id, conversation_id, channel_id, now() from sent order by conversation_id, seq
"""


def sends(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """One agent answers one conversation after the other on a quiet desk."""
    plan.calm_down("sending")
    bench.process(bench.order(len(bench.firms), new=False))
    caller = bench.caller("supervisor", 0)
    _, page = caller.get("/api/v1/conversations?view=all&limit=40")
    conversations = [one["id"] for one in page["items"]]
    bench.provider.calls()
    began, answered = {}, []
    with spending(bench.trees) as spent:
        for _ in range(plan.sends):
            mark = bench.next_mark()
            where = f"/api/v1/conversations/{conversations[mark % len(conversations)]}/messages"
            began[mark] = time.monotonic()
            took_ms, _ = caller.post(where, {"type": "text", "text": f"#{mark}# Evet"}, Idempotency_Key=f"bench-{mark}")
            answered.append(took_ms)
            time.sleep(_PAUSE_S)
        wait_until(lambda: bench.provider.count >= plan.sends, "every answer reached the provider", 30)
    caller.close()
    plan.judge("agent's send", spent)
    called = dict(bench.provider.calls())
    took = [(called[mark] - at) * 1000 for mark, at in began.items()]
    say(
        f"provider called p50 {percentile(took, 50):.1f} p95 {percentile(took, 95):.1f} ms; answered p50 {percentile(answered, 50):.1f} ms"
    )
    yield SEND.of(percentile(took, 95))
    yield ANSWER.of(percentile(answered, 95))


def outbox(bench: Bench, plan: Plan) -> Iterator[Figure]:
    """Lanes filled in one commit, then one wake-up; until the last outcome is recorded. Nothing lost, doubled, reordered."""
    pairs, costs = [], []
    for _ in plan.repeat("emptying the outbox"):
        s1 = bench.s1(plan.s1_s)
        count, took_s, spent = _emptied(bench, plan)
        pairs.append((count / took_s, s1.per_s))
        costs.append(spent.total_s * 1000 / count)
        plan.judge("outbox", s1.spent, spent)
        say(
            f"S1 {s1.per_s:,.0f}/s; outbox {pairs[-1][0]:,.0f}/s, {costs[-1]:.2f} ms CPU each: "
            + ", ".join(f"{name} {one * 1000 / count:.2f}" for name, one in spent.cpu_s.items())
        )
    yield OUTBOX.of_pairs(pairs)
    yield OUTBOX_CPU.of(sorted(costs)[len(costs) // 2])
    plan.calm_down("emptying the outbox while the provider refuses")
    bench.provider.fails_every(20)
    try:
        count, took_s, spent = _emptied(bench, plan)
    finally:
        bench.provider.fails_every(0)
    plan.judge("outbox with refusals", spent)
    yield OUTBOX_FAILING.of(count / took_s)


def _emptied(bench: Bench, plan: Plan) -> tuple[int, float, Spent]:
    """Messages, seconds and CPU of one full outbox; AssertionError when one is lost, doubled or out of order."""
    lanes = min(500, len(bench.firms) * EXISTING_PER_FIRM)
    turns = max(1, plan.outbox // lanes)
    # Opens the service windows anew.
    bench.process(bench.order(len(bench.firms) * EXISTING_PER_FIRM // 10, new=False, per_body=10))
    bench.provider.calls()
    first = bench.next_mark(lanes * turns)
    with spending(bench.trees) as spent:
        bench.rows(_QUEUE, first, lanes, turns)
        began = time.monotonic()
        bench.rows("select pg_notify('invekto', 'outbox')")
        wait_until(
            lambda: not bench.value("select exists (select from outbox)"), "the outbox is empty", _OUTBOX_S, 0.02
        )
        took_s = time.monotonic() - began
    _check_order(bench.provider.calls(), first, lanes, turns)
    unsent = bench.value(
        "select count(*) from message where client_id like 'bench-%' and status not in ('sent', 'delivered', 'read')"
    )
    if unsent:
        raise AssertionError(f"{unsent} messages are not marked as sent")
    return lanes * turns, took_s, spent


def _check_order(calls: list[tuple[int, float]], first: int, lanes: int, turns: int) -> None:
    """Each message once, each conversation's in order."""
    came: dict[int, list[int]] = defaultdict(list)
    for mark, _ in calls:
        came[(mark - first) % lanes].append((mark - first) // lanes)
    wrong = [lane for lane in range(lanes) if came[lane] != list(range(turns))]
    if wrong or len(calls) != lanes * turns:
        raise AssertionError(
            f"{len(calls)} calls for {lanes * turns} messages; {len(wrong)} lanes lost, doubled or reordered"
        )
