"""Alarms and board name numbers that there are: a renamed metric would silence an alarm without a word."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import invekto.conversations.delivery
import invekto.conversations.handlers
import invekto.entry.api
import invekto.entry.worker
from invekto.kernel.metrics import REGISTRY

ROOT = Path(__file__).parents[2]
ALARMS = (ROOT / "docs/alarms.yml").read_text(encoding="utf-8")
BOARD = json.loads((ROOT / "docs/grafana.json").read_text(encoding="utf-8"))
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
WHOLE_DESK = (invekto.entry.api, invekto.entry.worker, invekto.conversations.delivery, invekto.conversations.handlers)
_NAME = re.compile(r"\binvekto_[a-z_]+")
_WITH_LABELS = re.compile(r"\b(invekto_[a-z_]+)\{([^}]*)\}")


def shown() -> dict[str, frozenset[str]]:
    """Every sample that a process can show, with the labels of its metric."""
    assert WHOLE_DESK
    found: dict[str, frozenset[str]] = {}
    for collector in list(REGISTRY._collector_to_names):  # the registry has no list of its own
        labels = frozenset(getattr(collector, "_labelnames", ()))
        for name in REGISTRY._collector_to_names[collector]:
            found[name] = labels
    return found


def expressions() -> list[str]:
    alarms = re.findall(r"^ +expr: '(.*)'$", ALARMS, re.MULTILINE)
    return [*alarms, *(target["expr"] for panel in BOARD["panels"] for target in panel["targets"])]


@pytest.mark.parametrize("expression", expressions())
def test_an_alarm_or_a_panel_names_numbers_and_labels_that_there_are(expression: str) -> None:
    there = shown()
    named = _NAME.findall(expression)
    assert named or "up{" in expression or "process_" in expression
    assert [name for name in named if name not in there] == []
    for name, inside in _WITH_LABELS.findall(expression):
        asked = set(re.findall(r"(\w+)\s*[=!]", inside))
        assert asked <= there[name] | {"instance", "job", "le"}, name


def test_each_alarm_says_what_is_the_matter_in_both_languages_and_what_to_do() -> None:
    alerts = re.findall(r"- alert: (\w+)", ALARMS)
    assert len(alerts) == len(set(alerts)) > 15
    for word in ("expr", "for", "severity", "summary", "summary_tr", "action"):
        assert len(re.findall(rf"^ +{word}: \S", ALARMS, re.MULTILINE)) == len(alerts), word


def test_every_number_that_an_alarm_or_a_panel_uses_is_explained() -> None:
    used = {name for expression in expressions() for name in _NAME.findall(expression) if name.startswith("invekto_")}
    plain = {re.sub(r"_(bucket|count|sum|total)$", "", name) for name in used}
    missing = {name for name in plain if name not in OPERATIONS and name.removeprefix("invekto") not in OPERATIONS}
    assert missing == set()


def test_the_numbers_of_a_board_are_not_more_than_one_series_for_each_firm() -> None:
    """No label may take a firm's, a channel's or a person's value."""
    allowed = {"method", "route", "status", "kind", "reason", "last_inbound", "pool", "state"}
    labels = {label for found in shown().values() for label in found}
    assert labels <= allowed
