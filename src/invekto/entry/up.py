"""Everything on one machine: `up` for real use, `demo` with the sandbox and sample data. Order and words; see supervisor."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from invekto.entry import sandbox
from invekto.entry.database import on_embedded
from invekto.entry.demo import DEMO_FIRMS, DEMO_PASSWORD, DEMO_USERS
from invekto.entry.key_check import former_key_in_use, ring
from invekto.entry.postgres import EmbeddedPostgres
from invekto.entry.refusal import StartRefused
from invekto.entry.revisions import check, has_firms, is_current
from invekto.entry.supervisor import ChildProcess, PostgresService, Stopped, Supervisor, answers, listen
from invekto.kernel.settings import Settings

log = logging.getLogger("invekto.up")

GRAPH_VERSION = "v26.0"


def up(settings: Settings) -> int:
    """Database, migrations, web and worker until somebody ends it."""
    for sentence in settings.unknown:
        log.warning("%s", sentence)
    try:
        with Supervisor() as supervisor:
            listener = listen(settings.host, settings.port, "INVEKTO_PORT")
            settings = _start_database(supervisor, settings)
            _migrate(supervisor, settings)
            _look_at_keys(supervisor, settings)
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
    sandbox_url = f"http://127.0.0.1:{settings.sandbox_port}"
    settings = replace(
        settings,
        whatsapp_cloud_url=f"{sandbox_url}/{GRAPH_VERSION}",
        whatsapp_app_id=sandbox.info(settings)["whatsapp_cloud"]["app_id"],
        whatsapp_config_id="1",
        whatsapp_signup_url=f"{sandbox_url}/signup",
    )
    try:
        with Supervisor() as supervisor:
            listener = listen(settings.host, settings.port, "INVEKTO_PORT")
            listen("127.0.0.1", settings.sandbox_port, "INVEKTO_SANDBOX_PORT").close()
            supervisor.start(_sandbox_service(settings))
            settings = _start_database(supervisor, settings)
            _migrate(supervisor, settings)
            _look_at_keys(supervisor, settings)
            if not _has_sample_firms(settings):
                _wait_for_sandbox(supervisor, settings)
                log.info("making the sample firms, this once")
                supervisor.run_once(_owners_child("demo-data", settings))
            _start_desk(supervisor, settings, listener.fileno())
            _wait_for_sandbox(supervisor, settings)
            _print_demo(settings, f"{sandbox_url}/")
            supervisor.run()
    except Stopped:
        print("\nEnded. The sample data stay in", settings.data, flush=True)
    return 0


def _start_database(supervisor: Supervisor, settings: Settings) -> Settings:
    if settings.database_url is not None:
        return settings
    server = EmbeddedPostgres(settings.data / "postgres", say=log.info)
    supervisor.start(PostgresService(server))
    return on_embedded(settings, server)


def _migrate(supervisor: Supervisor, settings: Settings) -> None:
    assert settings.database_url is not None
    if settings.admin_database_url is None:
        # Somebody else migrates; we only make sure that it was done.
        asyncio.run(check(settings.database_url))
    elif not asyncio.run(is_current(settings.database_url)):
        supervisor.run_once(_owners_child("migrate", settings))


def _look_at_keys(supervisor: Supervisor, settings: Settings) -> None:
    """Secrets under a former key are sealed anew before anybody opens them; a key that opens nothing ends the start."""
    assert settings.database_url is not None
    if (
        asyncio.run(former_key_in_use(settings.database_url, ring(settings)))
        and settings.admin_database_url is not None
    ):
        log.info("sealing stored secrets with the new key")
        supervisor.run_once(_owners_child("key", settings, "rotate"))


def _has_sample_firms(settings: Settings) -> bool:
    assert settings.database_url is not None
    return asyncio.run(has_firms(settings.database_url, DEMO_FIRMS))


def _start_desk(supervisor: Supervisor, settings: Settings, listening_fd: int) -> None:
    supervisor.start(_child("web", settings, "--fd", str(listening_fd), inherited=(listening_fd,)))
    supervisor.start(_child("worker", settings))
    supervisor.wait_until(lambda: answers(settings.host, settings.port, "/health/ready"), "The web process")


def _wait_for_sandbox(supervisor: Supervisor, settings: Settings) -> None:
    supervisor.wait_until(lambda: answers("127.0.0.1", settings.sandbox_port, "/_control/health"), "The sandbox")


def _child(word: str, settings: Settings, *arguments: str, inherited: Sequence[int] = ()) -> ChildProcess:
    command = [sys.executable, "-m", "invekto.entry.cli", word, *arguments]
    return ChildProcess(word, command, settings.child_environment(), inherited)


def _owners_child(word: str, settings: Settings, *arguments: str) -> ChildProcess:
    """One that may also sign in as the schema's owner; the processes that serve may not."""
    assert settings.admin_database_url is not None
    child = _child(word, settings, *arguments)
    child.environment = {**child.environment, "INVEKTO_ADMIN_DATABASE_URL": settings.admin_database_url}
    return child


# The sandbox ----------------------------------------------------------------------------------------------------


def _sandbox_service(settings: Settings) -> ChildProcess:
    webhooks = ("--webhook-url", f"http://127.0.0.1:{settings.port}/hooks/whatsapp_cloud")
    page = () if settings.web_dist is None else ("--web", str(settings.web_dist))
    command = sandbox.command(settings, "serve", *webhooks, *page)
    return ChildProcess("sandbox", command, settings.child_environment())


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
