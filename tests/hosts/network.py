"""Machines of a test: network namespaces on one bridge, each with its own address, and the ways a line between them fails.

Needs root and `ip` (Debian: iproute2). What runs here, outside of every namespace, is the world: customers, the provider,
a load balancer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

IP = shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin")
_NOBODY = "02:00:00:00:00:99"


def why_not() -> str | None:
    """The reason why this machine cannot play several; None when it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if IP is None:
        return "there is no `ip` (Debian: apt-get install iproute2)"
    probe = f"ivk{os.getpid() % 10_000}p"
    made = subprocess.run([IP, "netns", "add", probe], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return f"no network namespace may be made here: {made.stderr.strip()}"
    wired = subprocess.run([IP, "link", "add", probe, "type", "bridge"], capture_output=True, text=True, check=False)
    subprocess.run([IP, "link", "del", probe], capture_output=True, check=False)
    subprocess.run([IP, "netns", "del", probe], capture_output=True, check=False)
    return None if wired.returncode == 0 else f"no bridge may be made here: {wired.stderr.strip()}"


class Network:
    """`hosts` by name; the world is .1, they are .2, .3 and so on."""

    def __init__(self, *hosts: str) -> None:
        self._mark = f"ivk{os.getpid() % 10_000}"
        self._net = f"10.{80 + os.getpid() % 100}.{os.getpid() // 100 % 250}"
        self.world = f"{self._net}.1"
        self._hosts = {name: f"{self._net}.{place}" for place, name in enumerate(hosts, 2)}

    def open(self) -> Network:
        _ip("link", "add", self._mark, "type", "bridge")
        _ip("address", "add", f"{self.world}/24", "dev", self._mark)
        _ip("link", "set", self._mark, "up")
        for name, address in self._hosts.items():
            space, port = self._space(name), self._port(name)
            _ip("netns", "add", space)
            _ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", space)
            _ip("link", "set", port, "master", self._mark, "up")
            for words in (
                ("address", "add", f"{address}/24", "dev", "eth0"),
                ("link", "set", "eth0", "up"),
                ("link", "set", "lo", "up"),
            ):
                _ip("-n", space, *words)
        return self

    def close(self) -> None:
        for name in self._hosts:
            _ip("netns", "del", self._space(name), check=False)
        _ip("link", "del", self._mark, check=False)

    def address(self, host: str) -> str:
        return self._hosts[host]

    def inside(self, host: str) -> tuple[str, ...]:
        """What goes before a command that shall run on `host`."""
        nsenter = shutil.which("nsenter", path="/usr/bin:/bin")
        assert nsenter is not None, "util-linux brings it"
        return (nsenter, f"--net={Path('/run/netns') / self._space(host)}")

    def cut(self, host: str) -> None:
        """Nothing comes to `host` and nothing leaves it, and nobody is told."""
        _ip("link", "set", self._port(host), "nomaster")

    def heal(self, host: str) -> None:
        _ip("link", "set", self._port(host), "master", self._mark)

    def lose(self, host: str, other: str) -> None:
        """What `host` sends to `other` arrives nowhere; the rest of the world it reaches as before."""
        _ip("-n", self._space(host), *self._neighbour(other))

    def find(self, host: str, other: str) -> None:
        _ip("-n", self._space(host), "neighbour", "del", self._hosts[other], "dev", "eth0")

    def _neighbour(self, other: str) -> tuple[str, ...]:
        return ("neighbour", "replace", self._hosts[other], "lladdr", _NOBODY, "dev", "eth0", "nud", "permanent")

    def _space(self, name: str) -> str:
        return f"{self._mark}{name}"

    def _port(self, name: str) -> str:
        return f"{self._mark}{name}"[:15]


def _ip(*words: str, check: bool = True) -> None:
    assert IP is not None
    done = subprocess.run([IP, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, f"ip {' '.join(words)}: {done.stderr}"
