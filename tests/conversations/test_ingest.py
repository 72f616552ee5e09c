"""From stored webhook to rows: every part is stored or parked, none is lost, and one bad part costs itself alone."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invekto.channels.adapter import (
    Credentials,
    InboundEvent,
    InboundMessage,
    Outbound,
    RawRequest,
    RawResponse,
    Sender,
    SendReceipt,
)
from invekto.channels.outgoing import Capabilities
from invekto.channels.registry import Registry
from invekto.channels.service import create_app
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud
from invekto.conversations.handlers import Ingest
from invekto.kernel.http import Http
from invekto.kernel.tx import SYSTEM
from tests.channels.webhooks import body
from tests.conftest import ROOT
from tests.conversations.inlet import Inlet, Json, Line

PHONE = "905551110001"


def poison(inlet: Inlet, line: Line, phone: str = PHONE) -> Json:
    """A message that reads well and that the database refuses: its id is too long for any index and does not compress."""
    noise = random.Random(7)
    return inlet.says(
        line, phone, "zehir", key="wamid." + "".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(4000))
    )


async def parked(inlet: Inlet) -> list[tuple[Any, ...]]:
    rows = await inlet.rows("select reason, tenant_id, channel_id from quarantine order by receipt_id, path")
    return [tuple(row) for row in rows]


async def all_done(inlet: Inlet) -> bool:
    return not await inlet.rows("select 1 from receipt where done_at is null")


# Poison -------------------------------------------------------------------------------------------------------------


async def test_of_many_good_messages_and_one_the_database_refuses_only_that_one_is_parked(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    good = [inlet.says(line, f"9055511{n:05}", key=f"wamid.{n}") for n in range(40)]
    await inlet.receive(*good[:17], poison(inlet, line, good[3]["value"]["messages"][0]["from"]), *good[17:])
    assert await inlet.count("message") == 40
    assert await parked(inlet) == [("refused_by_database", line.tenant_id, line.id)]
    assert await all_done(inlet)
    await inlet.check_threads()


async def test_a_body_for_three_firms_with_one_poison_stores_everything_else(inlet: Inlet) -> None:
    """F19: 50 messages and 50 statuses in one webhook."""
    lines = [(await inlet.firm(slug))[0] for slug in ("bir", "iki", "üç")]
    changes = [inlet.says(lines[n % 3], f"9055512{n % 20:05}", str(n), key=f"wamid.{n}") for n in range(50)]
    changes += [inlet.reports(lines[n % 3], "delivered", f"wamid.out.{n}") for n in range(50)]
    changes[23] = poison(inlet, lines[2])
    random.Random(19).shuffle(changes)
    await inlet.receive(body(*changes))
    assert await inlet.count("message") == 49
    assert await inlet.count("delivery_update") == 50
    assert await parked(inlet) == [("refused_by_database", lines[2].tenant_id, lines[2].id)]
    per_firm = await inlet.rows("select tenant_id, count(*) from message group by 1")
    assert {row["tenant_id"]: row["count"] for row in per_firm} == {
        lines[0].tenant_id: 17,
        lines[1].tenant_id: 17,
        lines[2].tenant_id: 15,
    }
    await inlet.check_threads()


async def test_poison_that_is_sent_again_is_parked_again_and_stops_nothing(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    bad = poison(inlet, line)
    await inlet.receive(bad, bad)
    await inlet.receive(bad, inlet.says(line, PHONE))
    assert len(await parked(inlet)) == 3
    assert await inlet.count("message") == 1
    assert await all_done(inlet)


async def test_a_parked_part_is_a_webhook_of_its_own_that_reads_the_same(inlet: Inlet) -> None:
    line, *_ = await inlet.firm()
    account = "106540000009999"
    unknown = inlet.says(Line(line.id, line.tenant_id, account), PHONE, "kimin?", key="wamid.q")
    await inlet.receive(unknown)
    assert [reason for reason, *_ in await parked(inlet)] == ["unknown_account"]
    ours = await inlet.connect(line.tenant_id, account=account)
    await inlet.receive((await inlet.one("select raw from quarantine"))[0])
    row = await inlet.one("select channel_id, text, provider_id from message")
    assert tuple(row) == (ours.id, "kimin?", "wamid.q")


# Whose --------------------------------------------------------------------------------------------------------------


async def test_a_number_that_is_connected_just_now_is_known_at_once(inlet: Inlet) -> None:
    line, *_ = await inlet.firm()
    account = "106540000008888"
    stranger = Line(line.id, line.tenant_id, account)
    await inlet.receive(inlet.says(stranger, PHONE))
    await inlet.connect(line.tenant_id, account=account)
    await inlet.receive(inlet.says(stranger, PHONE, "şimdi"))
    assert [row["text"] for row in await inlet.rows("select text from message")] == ["şimdi"]
    assert await parked(inlet) == [("unknown_account", None, None)]


async def test_an_app_speaks_for_the_numbers_bound_to_it_and_for_no_others(inlet: Inlet) -> None:
    (ours,), (theirs,) = await inlet.firm("demo"), await inlet.firm("demo2")
    async with inlet.db.tx(theirs.tenant_id, SYSTEM) as tx:
        their_app = await create_app(tx, inlet.keys, kind="whatsapp_cloud", app_secret="s", verify_token="t")
    own = await inlet.connect(theirs.tenant_id, app_id=their_app)
    await inlet.receive(inlet.says(ours, PHONE, "gefälscht"), inlet.says(own, PHONE, "echt"), app_id=their_app)
    await inlet.receive(inlet.says(own, PHONE, "auch gefälscht"))
    unknown = inlet.change(ours, messages=[{"id": ""}])
    await inlet.receive(unknown, app_id=their_app)
    assert [row["text"] for row in await inlet.rows("select text from message")] == ["echt"]
    # Parked for the operator: neither firm is shown what the other signed.
    assert await parked(inlet) == [*[("wrong_app", None, None)] * 2, ("message_malformed", None, None)]


async def test_a_numbers_own_address_speaks_for_that_number_alone(inlet: Inlet) -> None:
    first, second = await inlet.firm(lines=2)
    await inlet.receive(inlet.says(first, PHONE, "bir"), inlet.says(second, PHONE, "iki"), channel_id=first.id)
    assert [row["text"] for row in await inlet.rows("select text from message")] == ["bir"]
    assert [reason for reason, *_ in await parked(inlet)] == ["wrong_app"]


async def test_what_is_not_understood_is_parked_for_its_own_firm(inlet: Inlet) -> None:
    (ours,), (theirs,) = await inlet.firm("demo"), await inlet.firm("demo2")
    odd = inlet.change(theirs, messages=[{"id": ""}])
    await inlet.receive(body(inlet.says(ours, PHONE), odd))
    assert await inlet.count("message") == 1
    assert await parked(inlet) == [("message_malformed", theirs.tenant_id, theirs.id)]


# Defects ------------------------------------------------------------------------------------------------------------


class Careless:
    """An adapter with the defects that one will have some day: a body that says so decides which."""

    kind: ClassVar[str] = "whatsapp_cloud"
    provider: ClassVar[str] = "meta"
    capabilities: ClassVar[Capabilities] = WhatsAppCloud.capabilities

    def verify(self, request: RawRequest, credentials: Credentials) -> RawResponse | None:
        return None

    def parse(self, request: RawRequest) -> Sequence[InboundEvent]:
        if request.body == b"raise":
            raise KeyError("messages")
        read = WhatsAppCloud("https://graph.test").parse(request)
        return [self._spoilt(event) for event in read]

    async def send(self, http: Http, credentials: Credentials, message: Outbound) -> SendReceipt:
        raise NotImplementedError("nothing goes out here")

    @staticmethod
    def _spoilt(event: InboundEvent) -> InboundEvent:
        if not isinstance(event, InboundMessage) or event.text not in ("nobody", "no json", "no type"):
            return event
        parts = {name: getattr(event, name) for name in event.__struct_fields__}
        match event.text:
            case "nobody":
                parts["sender"] = Sender(addresses=(), display="")
            case "no json":
                parts["payload"] = {"at": object()}
            case _:
                parts["type"] = "hologram"
        return InboundMessage(**parts)


async def test_an_adapters_defect_costs_its_own_messages_and_never_the_queue(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    inlet.ingest = Ingest(inlet.db, Registry([Careless()]))
    bad: list[Json | bytes] = [b"raise", *(inlet.says(line, PHONE, text) for text in ("nobody", "no json", "no type"))]
    await inlet.receive(inlet.says(line, PHONE, "bir"), *bad, inlet.says(line, PHONE, "iki"))
    assert [row["text"] for row in await inlet.rows("select text from message order by seq")] == ["bir", "iki"]
    rows = await inlet.rows("select reason, detail from quarantine order by receipt_id")
    assert [tuple(row) for row in rows] == [
        ("parser_failed", "KeyError"),
        ("refused_by_database", "IndexError"),
        ("refused_by_database", "TypeError"),
        ("refused_by_database", "23514"),
    ]
    assert await all_done(inlet)


_JUNK: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    field=st.sampled_from(["id", "from", "timestamp", "type", "text", "context", "from_user_id", "location", "image"]),
    kind=st.sampled_from(["text", "image", "location", "contacts", "hologram"]),
    junk=_JUNK,
)
async def test_whatever_stands_in_a_message_is_one_row_or_one_parked_part(
    inlet: Inlet, field: str, kind: str, junk: Any
) -> None:
    """F21, behind a genuine signature: 200 was answered, so it must be somewhere."""
    known = await inlet.rows("select tenant_id, id, account_key from channel limit 1")
    line = Line(known[0]["id"], known[0]["tenant_id"], known[0]["account_key"]) if known else (await inlet.firm())[0]
    before = await inlet.count("message") + await inlet.count("quarantine")
    bad = inlet.says(line, PHONE, type=kind)
    bad["value"]["messages"][0][field] = junk
    # The same id again and again would be a replay.
    bad["value"]["messages"][0].setdefault("id", "wamid.")
    if isinstance(bad["value"]["messages"][0]["id"], str):
        bad["value"]["messages"][0]["id"] += f".{before}"
    await inlet.receive(
        json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [bad]}]}).encode()
    )
    assert await inlet.count("message") + await inlet.count("quarantine") == before + 1
    assert await all_done(inlet)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'"text"',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"entry": 1e400}',
        b'{"entry":[' + b'{"changes":[{"field":"messages","value":' * 40 + b"1",
        b'{"object":"whatsapp_business_account","entry":[]}',
        b'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messages":[{}]}}]}]}',
    ],
)
async def test_a_body_that_nobody_understands_is_parked_whole(inlet: Inlet, raw: bytes) -> None:
    await inlet.receive(raw)
    assert await inlet.count("quarantine") >= 1
    assert await all_done(inlet)


# One consumer -------------------------------------------------------------------------------------------------------


async def test_of_two_consumers_one_works_and_the_other_takes_over_when_it_is_gone(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    registry = inlet.ingest.registry
    consumers = [Ingest(inlet.db, registry), Ingest(inlet.db, registry)]
    stop = asyncio.Event()
    running = [asyncio.create_task(consumer.run(stop)) for consumer in consumers]
    try:
        await _until(lambda: any(consumer.working for consumer in consumers))
        await asyncio.sleep(0.2)
        assert [consumer.working for consumer in consumers].count(True) == 1
        await inlet.store(*(inlet.says(line, PHONE, str(n)) for n in range(20)))
        inlet.db.wakeup.wake("receipt")
        # The server ends the consumer's session, as a restart or an administrator does, in the middle of its work.
        await inlet.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
        await inlet.store(*(inlet.says(line, PHONE, str(n)) for n in range(20, 40)))
        await _there(inlet, "select 1 from message", 40)
    finally:
        stop.set()
        await asyncio.gather(*running)
    texts = [row["text"] for row in await inlet.rows("select text from message order by seq")]
    assert texts == [str(n) for n in range(40)]


_CONSUMER = """
import asyncio, sys
from invekto.channels.registry import Registry
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud
from invekto.conversations.handlers import Ingest
from invekto.kernel.db import Database, DatabaseOptions

async def main(url):
    database = await Database.open(DatabaseOptions(url))
    await Ingest(database, Registry([WhatsAppCloud("https://graph.test/v26.0")]), silence_s=1).run(asyncio.Event())

asyncio.run(main(sys.argv[1]))
"""


async def test_a_frozen_consumer_gives_way_and_stores_nothing_when_it_thaws(inlet: Inlet) -> None:
    """A process that is stopped, swapped out, or on a machine without a line says no goodbye: its lock must end by itself."""
    (line,) = await inlet.firm()
    frozen = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CONSUMER, inlet.db.options.url, cwd=ROOT / "src"
    )
    stop = asyncio.Event()
    second = Ingest(inlet.db, inlet.ingest.registry)
    running: list[asyncio.Task[None]] = []
    try:
        await _there(inlet, "select 1 from pg_locks where locktype = 'advisory'", 1)
        frozen.send_signal(signal.SIGSTOP)
        await inlet.store(*(inlet.says(line, PHONE, str(n)) for n in range(20)))
        running.append(asyncio.create_task(second.run(stop)))
        await _there(inlet, "select 1 from message", 20)
        frozen.send_signal(signal.SIGCONT)
        await inlet.store(*(inlet.says(line, PHONE, str(n)) for n in range(20, 40)))
        await _there(inlet, "select 1 from message", 40)
        assert second.working
    finally:
        stop.set()
        frozen.kill()
        await asyncio.gather(frozen.wait(), *running)
    texts = [row["text"] for row in await inlet.rows("select text from message order by seq")]
    assert texts == [str(n) for n in range(40)]


async def _there(inlet: Inlet, query: str, count: int) -> None:
    async with asyncio.timeout(30):
        while len(await inlet.rows(query)) < count:  # noqa: ASYNC110  # another process's commit sets no event of ours
            await asyncio.sleep(0.05)


async def _until(holds: Any) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # what is waited for is any condition
            await asyncio.sleep(0.02)


async def test_the_consumers_plans_read_no_table_whole_even_if_prepared_while_it_was_empty(inlet: Inlet) -> None:
    """Receipts that were analysed while empty gave half the speed: the ways that stay right are pinned."""
    plan = "\n".join(
        row[0]
        for row in await inlet.connection.fetch(
            "explain select * from receipt where done_at is null order by id limit 512"
        )
    )
    assert "receipt_open_idx" in plan
    assert "Seq Scan" not in plan
