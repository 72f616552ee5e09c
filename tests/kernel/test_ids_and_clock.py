from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from invekto.kernel.clock import FrozenClock, SystemClock
from invekto.kernel.ids import parse_uuid, uuid7


def test_an_id_is_a_version_7_uuid_of_this_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert made.version == 7
    assert made.variant == UUID("00000000-0000-7000-8000-000000000000").variant
    assert before - 1 <= made.int >> 80 <= after + 1


def test_ids_of_one_process_rise_also_within_a_millisecond() -> None:
    made = [uuid7() for _ in range(50_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = [i for part in threads.map(lambda _: [uuid7() for _ in range(5_000)], range(8)) for i in part]
    assert len(set(made)) == 40_000


def _child(queue: multiprocessing.Queue[str]) -> None:
    queue.put(str(uuid7()))


def test_forked_children_do_not_repeat_their_parents_ids() -> None:
    fork = multiprocessing.get_context("fork")
    queue: multiprocessing.Queue[str] = fork.Queue()
    uuid7()
    children = [fork.Process(target=_child, args=(queue,)) for _ in range(8)]
    for child in children:
        child.start()
    made = {queue.get(timeout=20) for _ in children}
    for child in children:
        child.join()
    assert len(made) == 8


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "{0198c0de-0000-7000-8000-000000000000}",
        "urn:uuid:0198c0de-0000-7000-8000-000000000000",
        "0198c0de000070008000000000000000",
        "0198c0de-0000-7000-8000-00000000000g",
        "0198c0de-0000-7000-8000-000000000000\n",
        "٠198c0de-0000-7000-8000-000000000000",
    ],
)
def test_only_the_36_character_form_is_an_id(text: str) -> None:
    assert parse_uuid(text) is None


def test_an_id_reads_back_in_either_case() -> None:
    made = uuid7()
    assert parse_uuid(str(made)) == made
    assert parse_uuid(str(made).upper()) == made


def test_the_system_clock_is_aware_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_a_frozen_clock_moves_only_when_told() -> None:
    clock = FrozenClock(datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=3))))
    assert clock.now() == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert clock.advance(timedelta(minutes=2)) == datetime(2026, 3, 1, 9, 2, tzinfo=UTC)
    assert clock.monotonic() == 120.0
    clock.set(datetime(2026, 2, 1, tzinfo=UTC))
    assert clock.now() == datetime(2026, 2, 1, tzinfo=UTC)
    assert clock.monotonic() == 120.0


def test_a_clock_refuses_a_time_without_zone_and_a_negative_step() -> None:
    with pytest.raises(ValueError, match="aware"):
        FrozenClock(datetime(2026, 1, 1))  # noqa: DTZ001 -- the case under test
    with pytest.raises(ValueError, match="forward"):
        FrozenClock(datetime(2026, 1, 1, tzinfo=UTC)).advance(timedelta(seconds=-1))
