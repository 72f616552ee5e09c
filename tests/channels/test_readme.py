"""What a channel kind's README says is tested: every row of its tables names a test, and the named tests are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READMES = sorted((ROOT / "src/invekto/channels").glob("*/README.md"))
_NAMED = re.compile(r"\btests/[\w/]+\.py\b|\btest_\w+\b")
_CODES = "| codes "
"""The table whose rows are all one test's: the line behind it names it."""


def tables(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each table's head and rows."""
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        head, _, *rows = block.splitlines()
        yield head, rows


@pytest.fixture(scope="module")
def known() -> set[str]:
    files = list((ROOT / "tests").rglob("*.py"))
    functions = {name for path in files for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))}
    return functions | {path.stem for path in files} | {str(path.relative_to(ROOT)) for path in files}


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_every_row_names_a_test_and_every_named_test_is_there(readme: Path, known: set[str]) -> None:
    text = readme.read_text("utf-8")
    found = list(tables(text))
    assert len(found) >= 3
    for head, rows in found:
        if head.startswith(_CODES):
            assert "test_every_code_of_metas_list_has_its_class" in text
            continue
        assert [row for row in rows if not _NAMED.search(row.rsplit("|", 2)[1])] == []
    assert set(_NAMED.findall(text)) - known == set()
