"""Every attack of the list is carried out by a test, or says why it cannot be yet; and that reason still holds."""

from __future__ import annotations

import re

import pytest

from invekto.entry.api import Desk, endpoints
from invekto.kernel.settings import Settings
from tests.attacks.catalogue import ATTACKS, PAGE, ROOT, WANTED, carried_out, written
from tests.attacks.not_yet import NOT_YET


def test_every_attack_is_carried_out_or_says_why_not() -> None:
    tried = {one.number for one in carried_out()}
    assert tried <= set(ATTACKS), "a test names an attack that is not in tests/attacks/catalogue.py"
    assert set(NOT_YET) <= set(ATTACKS)
    missing = set(ATTACKS) - tried - set(NOT_YET)
    assert missing == set(), "mark the test that carries it out, or give the reason in tests/attacks/not_yet.py"
    assert WANTED - tried <= {"A31"}, "these can be tried: no reason lets them out"


@pytest.mark.parametrize("number", NOT_YET)
def test_a_reason_for_not_trying_an_attack_still_holds(number: str) -> None:
    entry = NOT_YET[number]
    assert entry.routes is not None or entry.modules, "a reason that nothing can end is none"
    paths = {one.path for one in endpoints(Desk(Settings(secret_key=bytes(32))).api)}
    ended = [path for path in paths if entry.routes is not None and re.search(entry.routes, path)]
    ended += [name for name in entry.modules if (ROOT / "src" / "invekto" / name).is_dir()]
    assert ended == [], f"{number} can be tried now: add its test and take it out of tests/attacks/not_yet.py"


def test_the_page_shows_which_test_carries_out_which_attack() -> None:
    page = PAGE.read_text()
    assert written(page) == page, "run `python -m tests.attacks.catalogue` and commit docs/security.md"
