"""Promises that the source keeps about itself."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "invekto"
LONGEST = 400
# Written once by the migration tool and never edited again.
GENERATED = {
    "migrations/versions/0001_accounts_channels_contacts.py",
    "migrations/versions/0002_conversations.py",
    "web/src/shared/api/schema.d.ts",
}


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    files = _tracked("*.py", "*.ts", "*.tsx", "*.css")
    assert files
    long = {
        str(path.relative_to(ROOT)): lines
        for path in files
        if (lines := len(path.read_text().splitlines())) > LONGEST and str(path.relative_to(ROOT)) not in GENERATED
    }
    assert long == {}


def test_lock_files_record_no_download_address() -> None:
    for path in _tracked("*package-lock.json"):
        assert "resolved" not in path.read_text(), path
    assert _tracked("uv.lock") == []


def test_nothing_kept_is_a_link() -> None:
    """It would lead to a folder of one machine, and a fresh clone would find nothing behind it."""
    listed = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert [line for line in listed.splitlines() if line.startswith("120000")] == []


def test_the_core_never_asks_for_a_channels_kind() -> None:
    """A new channel is a folder and one line: an `if kind ==` elsewhere would be a second place to edit."""
    asks = re.compile(r"""\bkind\s*(==|!=|in)\s*[\("']\s*["']?(whatsapp|instagram|messenger|telegram|sms|voice)""")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCE.rglob("*.py")
        if not re.search(r"channels/\w+/", str(path.relative_to(SOURCE)))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if asks.search(line)
    ]
    assert found == []


def test_only_the_owner_of_a_table_writes_it() -> None:
    """A module's tables are written by that module: everybody else goes through its use-cases."""
    owner: dict[str, str] = {}
    for models in SOURCE.glob("*/models*.py"):
        for table in re.findall(r'__tablename__ = "(\w+)"', models.read_text()):
            owner[table] = models.parent.name
    assert owner["message"] == "conversations"
    writes = re.compile(r'\b(?:insert\s+into|update|delete\s+from)\s+(?:only\s+)?"?(\w+)"?', re.IGNORECASE)
    foreign = set()
    for path in [*SOURCE.rglob("*.py"), *SOURCE.rglob("*.sql")]:
        module = path.relative_to(SOURCE).parts[0]
        for table in writes.findall(path.read_text()):
            if table in owner and owner[table] != module:
                foreign.add((str(path.relative_to(SOURCE)), table))
    assert foreign == set()


def test_whatever_a_check_finds_has_its_sentence_and_whatever_is_wrong_its_advice() -> None:
    sentences = json.loads((SOURCE / "locale" / "en.json").read_text())
    found = set()
    for path in (SOURCE / "channels").rglob("*.py"):
        text = path.read_text()
        found |= set(re.findall(r'Hop\([^)]*?code="(\w+)"', text, re.DOTALL)) | set(
            re.findall(r'broken\(\s*"(\w+)"', text)
        )
    assert len(found) > 12
    assert {code for code in found if f"check.{code}" not in sentences} == set()
    fine = {code for code in found if f"check.{code}.do" not in sentences}
    assert {code for code in fine if not re.search(r"_ok$|^subscribed$|_unknown$|_ends$", code)} == set()


def test_translations_hold_the_same_keys() -> None:
    tr, en = (json.loads((SOURCE / "locale" / f"{name}.json").read_text()) for name in ("tr", "en"))
    assert tr.keys() == en.keys()


def test_each_decision_has_a_number_of_its_own_and_says_it() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [int(page.name[:4]) for page in pages]
    assert numbers == list(range(1, len(pages) + 1))
    assert [page.name for page in pages if not page.read_text().startswith(f"# {int(page.name[:4])}. ")] == []
