"""A night's figures against the last release's: what counts as worse, and what is the machine's mood."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.compare import compare
from benchmarks.figures import Budget, Figure

RATE = Budget("inbound", "/s", "higher", 0.15, 0.3).of(4_000, 20_000)
LIST = Budget("list p95", "ms", "lower", 20, 5).of(4)
GROWTH = Budget("memory", "MB", "lower").of(100)


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (
            RATE,
            Budget("inbound", "/s", "higher", 0.15, 0.3).of(1_900, 10_000),
            False,
        ),  # half the machine, the same ratio
        (RATE, Budget("inbound", "/s", "higher", 0.15, 0.3).of(3_300, 20_000), True),  # 0.165 of 0.2
        (RATE, Budget("inbound", "/s", "higher", 0.15, 0.3).of(3_600, 20_000), False),  # 0.18: within its noise
        (RATE, Budget("inbound", "/s", "higher", 0.15, 0.3).of(6_000, 20_000), False),
        (LIST, replace(LIST, value=5.5), False),
        (LIST, replace(LIST, value=6.5), True),
        (LIST, replace(LIST, value=1), False),
        (replace(LIST, value=19), replace(LIST, value=21, ok=False), True),  # a little worse, and over its must
        (GROWTH, replace(GROWTH, value=180), True),
    ],
)
def test_a_figure_is_worse_beyond_its_noise_or_over_its_must(before: Figure, after: Figure, worse: bool) -> None:
    _, names = compare({before.name: before}, {after.name: after})
    assert names == ([before.name] if worse else [])


def test_what_is_measured_no_more_is_told_and_what_is_new_is_no_fault() -> None:
    lines, worse = compare({RATE.name: RATE, LIST.name: LIST}, {LIST.name: LIST, GROWTH.name: GROWTH})
    assert worse == ["inbound"]
    assert [line.split()[0] for line in lines] == ["gone", "+0%", "new"]
