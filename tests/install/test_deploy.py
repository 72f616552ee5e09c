"""The units and the container file: settings and commands that there are, and no word that systemd does not know."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from invekto.entry.cli import parser
from invekto.kernel.settings import VARIABLES

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.socket")])
TEXTS = [*UNITS, DEPLOY / "Containerfile"]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.name))
def test_it_names_settings_and_commands_that_there_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"\b((?:INVEKTO|DATABASE)_[A-Z_]+)\b", text)) - set(VARIABLES) == set()
    started = re.findall(r"^ExecStart=/opt/invekto/bin/invekto (.+)$", text, re.MULTILINE)
    started += [
        " ".join(re.findall(r'"(\w+)"', command)[1:]) for command in re.findall(r"^CMD \[.*$", text, re.MULTILINE)
    ]
    assert path.suffix == ".socket" or started
    for command in started:
        parser().parse_args(command.split())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: str(path.name))
def test_systemd_understands_the_unit(path: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    said = [line for line in done.stderr.splitlines() if path.name.split("@")[0].split(".")[0] in line]
    # Where the program will be, and that this machine has no such user, is not the unit's matter.
    assert [line for line in said if "is not executable" not in line] == []
