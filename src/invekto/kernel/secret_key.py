"""The file of the key that seals secrets: made once, never replaced silently. What it seals: see crypto."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from pathlib import Path
from typing import Final

SECRET_KEY_BYTES: Final = 32


class SettingsError(Exception):
    """A setting has a value that cannot be used. The text is one sentence for the operator."""

    def __init__(self, variable: str, sentence: str) -> None:
        super().__init__(sentence)
        self.variable = variable


def kept_key(data: Path, makes: bool) -> bytes:
    """The key in the data folder. Made there on the first start: complete or not at all, and only once.

    A database without its key is not a first start: a new one would open nothing that is stored.
    """
    path = data / "secret.key"
    try:
        if not path.exists():
            if (data / "postgres" / "cluster").exists() or not makes:
                raise SettingsError(
                    "INVEKTO_SECRET_KEY",
                    f"{path} is missing: put the file back from where you keep it, or set INVEKTO_SECRET_KEY. If it is lost, make a new one "
                    f"with `openssl rand -base64 32 > {path}`, then `invekto key forget-unreadable`, and connect every number again.",
                )
            write_key(path, base64.b64encode(secrets.token_bytes(SECRET_KEY_BYTES)) + b"\n")
        text = path.read_text("ascii")
        key = base64.b64decode(text, validate=False)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError(
            "INVEKTO_DATA",
            f"The secret key {path} cannot be kept ({reason}): make room and the folder writable, or set INVEKTO_DATA elsewhere.",
        ) from error
    if len(key) != SECRET_KEY_BYTES:
        raise SettingsError(
            "INVEKTO_SECRET_KEY",
            f"{path} is damaged: put the file back from a backup, because stored credentials open with that key only.",
        )
    return key


def write_key(path: Path, text: bytes) -> None:
    """Whole or not at all, and never over another one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".secret.key.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # A link fails when another process was first; its key is the one that counts.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink(missing_ok=True)
