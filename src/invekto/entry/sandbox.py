"""Starts the sandbox as the separate program that it is, and asks it for its keys. Imports nothing of it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from invekto.entry.refusal import StartRefused
from invekto.kernel.settings import Settings


def command(settings: Settings, *arguments: str) -> list[str]:
    place = ("--data", str(settings.data), "--port", str(settings.sandbox_port))
    return [sys.executable, "-m", "invekto_sandbox", *arguments, *place]


def info(settings: Settings) -> dict[str, dict[str, Any]]:
    """Addresses and secrets by channel kind; made on the first call."""
    done = subprocess.run(
        command(settings, "info", "--json"),
        env=settings.child_environment(),
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise StartRefused("")  # it has said why
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found
