"""The rules of `make check` that are our own are there, and each says by samples what it finds and what it leaves alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

RULES = Path(__file__).parents[2] / "scripts" / "semgrep"
# What A35 says must be absent, and what keeps it so.
WANTED = {
    "unsafe-reading",
    "a-shell",
    "swallowed",
    "sql-from-values",
    "statement-without-a-firm",
    "setting-outlives-its-transaction",
    "secret-in-a-log",
    "markup-from-text",
    "text-that-runs",
    "secret-in-the-browser",
}


def rules(name: str) -> set[str]:
    return set(re.findall(r"^  - id: ([a-z-]+)$", (RULES / name).read_text(), re.MULTILINE))


@pytest.mark.attack("A35")
def test_what_must_be_absent_has_a_rule() -> None:
    assert rules("python.yml") | rules("web.yml") >= WANTED


@pytest.mark.parametrize(("name", "samples"), [("python.yml", "python.py"), ("web.yml", "web.tsx")])
def test_every_rule_has_a_sample_that_it_finds_and_one_that_it_leaves_alone(name: str, samples: str) -> None:
    """That the samples are judged so is tried by `make check`: the tool is no package of the tests."""
    text = (RULES / samples).read_text()
    for kind in ("ruleid", "ok"):
        assert rules(name) - set(re.findall(rf"{kind}: ([a-z-]+)", text)) == set(), kind
