"""The secrets of every provider: made at random once, kept in one file. Knows no provider by name."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

Keys = dict[str, Any]
"""One provider's secrets and accounts, as they lie in `keys.json`."""


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "keys.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _write(folder: Path, keys: Mapping[str, Keys]) -> None:
    """Replaces the file in one step, so that a kill leaves the old file or the new one."""
    draft = folder / "keys.json.new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        json.dump(keys, handle, indent=1)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(folder / "keys.json")


def load_or_create(folder: Path, makers: Mapping[str, Callable[[], Keys]]) -> dict[str, Keys]:
    """Gives every provider's keys and makes those that are missing. Two programs may call it at once."""
    with _locked(folder):
        path = folder / "keys.json"
        keys: dict[str, Keys] = json.loads(path.read_text()) if path.exists() else {}
        missing = {kind: make() for kind, make in makers.items() if kind not in keys}
        if missing:
            keys |= missing
            _write(folder, keys)
        return keys


def change(folder: Path, kind: str, edit: Callable[[Keys], None]) -> Keys:
    """Edits one provider's keys under the lock and gives them back."""
    with _locked(folder):
        keys: dict[str, Keys] = json.loads((folder / "keys.json").read_text())
        edit(keys[kind])
        _write(folder, keys)
        return keys[kind]
