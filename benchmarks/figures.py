"""What is promised of each figure, how a measured one is judged, printed and written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Literal

Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Budget:
    """`must` and `aim` bound the ratio when the figure has a denominator, else the value itself. None: no promise."""

    name: str
    unit: str
    better: Better
    must: float | None = None
    aim: float | None = None

    def of(self, value: float, denominator: float | None = None) -> Figure:
        ratio = None if denominator is None else value / denominator
        return Figure(
            name=self.name,
            value=_rounded(value),
            unit=self.unit,
            denominator=None if denominator is None else _rounded(denominator),
            ratio=None if ratio is None else _rounded(ratio),
            must=self.must,
            aim=self.aim,
            better=self.better,
            ok=self._holds(value if ratio is None else ratio),
        )

    def of_pairs(self, pairs: Sequence[tuple[float, float]]) -> Figure:
        """Median value and median of the ratios of (value, denominator) measured one after the other."""
        ratio = median(value / denominator for value, denominator in pairs)
        value = median(value for value, _ in pairs)
        return self.of(value, value / ratio)

    def _holds(self, judged: float) -> bool:
        if self.must is None:
            return True
        return judged >= self.must if self.better == "higher" else judged <= self.must


@dataclass(frozen=True)
class Figure:
    """One row of bench.json."""

    name: str
    value: float
    unit: str
    denominator: float | None
    ratio: float | None
    must: float | None
    aim: float | None
    better: Better
    ok: bool

    @property
    def judged(self) -> float:
        return self.value if self.ratio is None else self.ratio

    @property
    def word(self) -> str:
        if self.must is None:
            return ""
        if not self.ok:
            return "MISSED"
        reached = self.aim is not None and (
            self.judged >= self.aim if self.better == "higher" else self.judged <= self.aim
        )
        return "aim" if reached else "ok"


def _rounded(number: float) -> float:
    return float(f"{number:.4g}")


def percentile(values: Iterable[float], part: float) -> float:
    """The nearest-rank percentile: a value that was really measured."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("a percentile of nothing")
    return ordered[min(len(ordered) - 1, max(0, -int(-part * len(ordered) // 100) - 1))]


def table(figures: Sequence[Figure]) -> str:
    """The figures as people read them."""
    head = ("", "value", "unit", "of", "ratio", "must", "aim", "")
    rows = [
        (
            figure.name,
            _shown(figure.value),
            figure.unit,
            _shown(figure.denominator),
            _shown(figure.ratio),
            ("" if figure.must is None else ">= " if figure.better == "higher" else "<= ") + _shown(figure.must),
            _shown(figure.aim),
            figure.word,
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in (0, 2, 7) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    )


def _shown(number: float | None) -> str:
    if number is None:
        return ""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def write(path: Path, figures: Sequence[Figure]) -> None:
    path.write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n")
