"""A pytest plugin: one JSON line per fault test that has ended, for the report. Needs INVEKTO_FAULTS_RECORD."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest

BROKEN = "an earlier test has broken this desk"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    marks = list(item.iter_markers("fault"))
    ended = report.when == "call" or (report.when == "setup" and not report.passed)
    if marks and ended:
        said = report.longrepr
        # A skip's reason is the last of three; a failure's is its error.
        told = said[2] if isinstance(said, tuple) else call.excinfo.value if call.excinfo else ""
        why = "" if report.passed else str(told)
        line = {
            "test": item.nodeid,
            "faults": [number for mark in marks for number in mark.args],
            "injects": "; ".join(mark.kwargs["injects"] for mark in marks),
            "holds": "; ".join(mark.kwargs["holds"] for mark in marks),
            "outcome": report.outcome,
            "seconds": round(call.duration, 1),
            "seed": int(os.environ.get("INVEKTO_FAULT_SEED") or 0),
            "why": why.removeprefix("Skipped: ")[:400],
        }
        with Path(os.environ["INVEKTO_FAULTS_RECORD"]).open("a") as record:
            record.write(json.dumps(line, ensure_ascii=False) + "\n")
    return report
