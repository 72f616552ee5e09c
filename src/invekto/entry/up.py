"""Everything on one machine: `up` for real use, `demo` with the sandbox and sample data. Order and words; see supervisor."""

from __future__ import annotations

import ipaddress
import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from invekto.entry.database import on_embedded
from invekto.entry.demo import DEMO_PASSWORD, DEMO_USERS
from invekto.entry.postgres import EmbeddedPostgres
from invekto.entry.refusal import StartRefused
from invekto.entry.supervisor import ChildProcess, PostgresService, Stopped, Supervisor, answers, listen
from invekto.kernel.settings import Settings

log = logging.getLogger("invekto.up")


def up(settings: Settings) -> int:
    """Database, migrations, web and worker until somebody ends it."""
    for sentence in settings.unknown:
        log.warning("%s", sentence)
    try:
        with Supervisor() as supervisor:
            listener = listen(settings.host, settings.port, "INVEKTO_PORT")
            settings = _start_database(supervisor, settings)
            _start_desk(supervisor, settings, listener.fileno())
            print(
                f"Invekto listens on http://{_shown(settings.host)}:{settings.port} as {settings.public_url}",
                flush=True,
            )
            supervisor.run()
    except Stopped:
        log.info("ended")
    return 0


def demo(settings: Settings) -> int:
    """The same with the sandbox instead of the providers and with sample firms, on this machine only."""
    _only_on_loopback(settings)
    try:
        with Supervisor() as supervisor:
            listener = listen(settings.host, settings.port, "INVEKTO_PORT")
            listen(settings.host, settings.sandbox_port, "INVEKTO_SANDBOX_PORT").close()
            settings = _start_database(supervisor, settings)
            sandbox = _sandbox_info(settings)
            settings = replace(settings, whatsapp_cloud_url=sandbox["whatsapp_cloud"]["base_url"])
            supervisor.start(_sandbox_service(settings))
            supervisor.wait_until(
                lambda: answers(settings.host, settings.sandbox_port, "/_control/health"), "The sandbox"
            )
            supervisor.run_once(_child("demo data", ("demo-data",), settings))
            _start_desk(supervisor, settings, listener.fileno())
            _print_demo(settings, sandbox["whatsapp_cloud"]["page_url"])
            supervisor.run()
    except Stopped:
        print("\nEnded. The sample data stay in", settings.data, flush=True)
    return 0


def _start_database(supervisor: Supervisor, settings: Settings) -> Settings:
    if settings.database_url is None:
        server = EmbeddedPostgres(settings.data / "postgres", say=log.info)
        supervisor.start(PostgresService(server))
        settings = on_embedded(settings, server)
    if settings.admin_database_url is None:
        # Somebody else migrates; we only make sure that it was done.
        supervisor.run_once(_child("migrate --check", ("migrate", "--check"), settings))
    else:
        migrate = _child("migrate", ("migrate",), settings)
        migrate.environment = {**migrate.environment, "INVEKTO_ADMIN_DATABASE_URL": settings.admin_database_url}
        supervisor.run_once(migrate)
    return settings


def _start_desk(supervisor: Supervisor, settings: Settings, listening_fd: int) -> None:
    supervisor.start(_child("worker", ("worker",), settings))
    supervisor.start(_child("web", ("web", "--fd", str(listening_fd)), settings, inherited=(listening_fd,)))
    supervisor.wait_until(lambda: answers(settings.host, settings.port, "/health/ready"), "The web process")


def _child(name: str, arguments: Sequence[str], settings: Settings, inherited: Sequence[int] = ()) -> ChildProcess:
    command = [sys.executable, "-m", "invekto.entry.cli", *arguments]
    return ChildProcess(name, command, settings.child_environment(), inherited)


# The sandbox ----------------------------------------------------------------------------------------------------


def sandbox_command(settings: Settings, *arguments: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "invekto_sandbox",
        *arguments,
        "--data",
        str(settings.data),
        "--port",
        str(settings.sandbox_port),
    ]


def _sandbox_service(settings: Settings) -> ChildProcess:
    command = sandbox_command(
        settings, "serve", "--webhook-url", f"http://127.0.0.1:{settings.port}/hooks/whatsapp_cloud"
    )
    return ChildProcess("sandbox", command, settings.child_environment())


def _sandbox_info(settings: Settings) -> dict[str, dict[str, str]]:
    done = subprocess.run(
        sandbox_command(settings, "info", "--json"),
        env=settings.child_environment(),
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise StartRefused("")
    info: dict[str, dict[str, str]] = json.loads(done.stdout)
    return info


# Words ----------------------------------------------------------------------------------------------------------


def _only_on_loopback(settings: Settings) -> None:
    public_host = urlsplit(settings.public_url).hostname or ""
    if not ipaddress.ip_address(settings.host).is_loopback or public_host not in ("127.0.0.1", "::1", "localhost"):
        raise StartRefused(
            "The demo's passwords are known to everybody, so it runs on this machine only: "
            "leave INVEKTO_HOST and INVEKTO_PUBLIC_URL unset, or use `invekto up`."
        )


def _print_demo(settings: Settings, page_url: str) -> None:
    print(
        f"""
  The desk       {settings.public_url}
                 firm demo, user {" / ".join(DEMO_USERS)}, password {DEMO_PASSWORD}
                 firm demo2, the same users: it sees nothing of the first
  The phone      {page_url}
                 play the customers who write to the desk
  The data       {settings.data}
  To end         Ctrl-C
""",
        flush=True,
    )


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
