"""The wheel that `pip install` makes: with the client built by the packaged Node, and with the migrations."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clone would have, and the installed packages of the client: they are not what is tested."""
    folder = tmp_path_factory.mktemp("sources")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    if (ROOT / "web/node_modules/.installed-from").is_file():
        shutil.copytree(ROOT / "web/node_modules", folder / "web/node_modules", copy_function=os.link, symlinks=True)
    return folder


@pytest.fixture(scope="module")
def environment_without_node(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    tools = tmp_path_factory.mktemp("bin")
    for name in ("sh", "env", "uname"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INVEKTO_")}
    env = {**kept, "PATH": str(tools)}
    assert shutil.which("node", path=env["PATH"]) is None
    return env


@pytest.fixture(scope="module")
def wheel(sources: Path, environment_without_node: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
            *("--wheel-dir", str(folder), str(sources)),
        ],
        env=environment_without_node,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = folder.glob("*.whl")
    return made


def test_a_wheel_built_without_node_on_the_path_holds_client_migrations_and_sandbox(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "invekto/web/index.html" in names
    assert any(name.startswith("invekto/web/assets/") and name.endswith(".js") for name in names)
    assert "invekto/migrations/env.py" in names
    revisions = [name for name in names if name.startswith("invekto/migrations/versions/")]
    assert len(revisions) == len(list((ROOT / "migrations/versions").glob("*.py")))
    assert "invekto_sandbox/__main__.py" in names
    assert not [name for name in names if "node_modules" in name or name.endswith(".tsx")]
    assert wheel.name.endswith("-py3-none-any.whl")


def test_the_installed_wheel_migrates_a_database_of_its_own(
    wheel: Path, environment_without_node: dict[str, str], tmp_path: Path
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    where = "import invekto.entry.revisions as r; print(r.migrations_folder())"
    env = {
        **environment_without_node,
        "PYTHONPATH": str(tmp_path / "installed"),
        "INVEKTO_DATA": str(tmp_path / "data"),
    }
    found = subprocess.run([sys.executable, "-c", where], env=env, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()) == tmp_path / "installed/invekto/migrations"
    done = subprocess.run(
        [sys.executable, "-m", "invekto.entry.cli", "migrate"], env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "migrating the database from nothing" in done.stdout
