"""The `invekto` command: which words there are, and one sentence for each reason not to start.

Each command imports what it needs when it runs, so that `invekto --help` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from invekto.entry import cli_operations
from invekto.entry.cli_words import admin, group, load_settings, word

if TYPE_CHECKING:
    from invekto.entry.cli_words import Words
    from invekto.kernel.settings import Settings


def main(argv: Sequence[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    from invekto.entry.refusal import BAD_START, StartRefused
    from invekto.kernel.settings import SettingsError

    try:
        return run(arguments)
    except (StartRefused, SettingsError) as refused:
        # Empty when a child process has already said why.
        if str(refused):
            print(f"invekto: {refused}", file=sys.stderr)
        return BAD_START
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"invekto: The disk is full ({error.filename or 'no file named'}): make room.", file=sys.stderr)
        return BAD_START
    except KeyboardInterrupt:
        return 130


# Running --------------------------------------------------------------------------------------------------------


def _up(arguments: argparse.Namespace) -> int:
    from invekto.entry.up import up

    _follow_parent(arguments)
    return up(load_settings("invekto"))


def _demo(arguments: argparse.Namespace) -> int:
    from invekto.entry.up import demo

    _follow_parent(arguments)
    return demo(load_settings("invekto"))


def _demo_data(_arguments: argparse.Namespace) -> int:
    from invekto.entry.demo.fill import fill

    return fill(load_settings("demo"))


def _web(arguments: argparse.Namespace) -> int:
    from invekto.entry.database import running_database
    from invekto.entry.server import run_web

    settings = running_database(load_settings("web"))
    _check_keys(settings)
    return run_web(settings, arguments.fd)


def _worker(_arguments: argparse.Namespace) -> int:
    from invekto.entry.database import running_database
    from invekto.entry.server import run_worker

    settings = running_database(load_settings("worker"))
    _check_keys(settings)
    return run_worker(settings)


def _check_keys(settings: Settings) -> None:
    """A process with a key that opens nothing would refuse every webhook and lose every channel: it does not start."""
    import asyncio

    from invekto.entry.key_check import former_key_in_use, ring
    from invekto.entry.refusal import DatabaseAway

    assert settings.database_url is not None
    with contextlib.suppress(DatabaseAway):  # it starts all the same, and waits for the database
        asyncio.run(former_key_in_use(settings.database_url, ring(settings)))


def _doctor(arguments: argparse.Namespace) -> int:
    from invekto.entry.doctor import run

    return run(arguments)


def _follow_parent(arguments: argparse.Namespace) -> None:
    if arguments.with_parent:
        import signal

        from invekto.entry.processes import end_with_my_parent

        end_with_my_parent(signal.SIGTERM)


def _sandbox(arguments: argparse.Namespace) -> int:
    import signal
    import subprocess

    from invekto.entry import sandbox
    from invekto.entry.processes import die_with_parent

    settings = load_settings("sandbox")
    words = ["info", *(["--json"] if arguments.json else [])] if arguments.word == "info" else ["serve"]
    return subprocess.run(
        sandbox.command(settings, *words),
        env=settings.child_environment(),
        # Whoever ends this command by a signal means the sandbox.
        preexec_fn=die_with_parent(signal.SIGTERM),
    ).returncode


# Looking after the database -------------------------------------------------------------------------------------


def _migrate(arguments: argparse.Namespace) -> int:
    import asyncio

    from invekto.entry.database import any_database
    from invekto.entry.revisions import check

    with any_database(load_settings("migrate")) as settings:
        if not arguments.check:
            from invekto.entry import upgrade

            upgrade.run(settings, create_roles=arguments.create_roles)
        if settings.database_url is not None:
            asyncio.run(check(settings.database_url))
    return 0


def _openapi(_arguments: argparse.Namespace) -> int:
    import json

    from invekto.entry.api import openapi_document

    print(json.dumps(openapi_document(), ensure_ascii=False, indent=2, sort_keys=True))
    return 0


# The words ------------------------------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """Every command, for the terminal and for whoever checks what is written about them."""
    parser = argparse.ArgumentParser(
        prog="invekto",
        description="A multi-tenant customer desk. Settings come from the environment: see docs/operations.md.",
    )
    words = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _words_that_run(words)
    cli_operations.add_words(words)
    _words_about_firms(words)
    _words_about_channels(words)
    return parser


def _words_that_run(words: Words) -> None:
    for name, run, sentence in (
        ("demo", _demo, "Run everything on this machine with the sandbox and sample firms."),
        ("up", _up, "Run everything on this machine: database, migrations, web and worker."),
    ):
        command = word(words, name, run, sentence)
        command.add_argument("--with-parent", action="store_true", help="end when the process that started this ends")
        command.epilog = _settings_listed()
        command.formatter_class = argparse.RawDescriptionHelpFormatter
    web = word(words, "web", _web, "Run one web process: client, API, webhooks, stream.")
    web.add_argument("--fd", type=int, default=None, help="number of a listening socket that is inherited")
    word(words, "worker", _worker, "Run one worker process: incoming messages, outgoing messages, jobs.")
    migrate = word(words, "migrate", _migrate, "Bring the database's schema to this version.")
    migrate.add_argument("--create-roles", action="store_true", help="make the database roles first (once per server)")
    migrate.add_argument("--check", action="store_true", help="change nothing; say whether this version can run on it")
    sandbox = word(words, "sandbox", _sandbox, "Run the sandbox that plays the providers, or print its keys.")
    sandbox.add_argument("word", nargs="?", choices=["serve", "info"], default="serve")
    sandbox.add_argument("--json", action="store_true", help="with info: as JSON")
    doctor = word(words, "doctor", _doctor, "Walk the way of a message and name the first hop that is broken.")
    doctor.add_argument("--firm", help="only this firm's numbers; default: every firm's")
    doctor.add_argument("--json", action="store_true", help="print everything as JSON at the end")
    word(words, "openapi", _openapi, "Print the OpenAPI document.")
    word(words, "demo-data", _demo_data, None)


def _settings_listed() -> str:
    from invekto.kernel.settings import VARIABLES

    return "\n".join(
        ["settings, from the environment:", *(f"  {name}\n      {said}" for name, said in VARIABLES.items())]
    )


def _words_about_firms(words: Words) -> None:
    firms = group(words, "tenant", "Firms.")
    tenant = word(firms, "create", admin("admin", "tenant_create"), "Make a firm.")
    tenant.add_argument("firm", help="what its people type at sign-in, for example mavera")
    tenant.add_argument("--name", help="as shown on the screen; default: the same")
    tenant.add_argument("--timezone", default="Europe/Istanbul")
    tenant.add_argument("--locale", default="tr", choices=["tr", "en"])

    users = group(words, "user", "People who sign in.")
    made = word(users, "create", admin("admin", "user_create"), "Make a user of a firm.")
    made.add_argument("--role", default="user", choices=["user", "supervisor"])
    made.add_argument("--name", help="as shown on the screen; default: the user name")
    made.add_argument("--locale", default="tr", choices=["tr", "en"])
    changed = word(
        users,
        "password",
        admin("admin", "user_password"),
        "Give a user another password and sign them out everywhere.",
    )
    disabled = word(users, "disable", admin("admin", "user_disable"), "Sign a user out and let them in no more.")
    enabled = word(users, "enable", admin("admin", "user_enable"), "Let a disabled user sign in again.")
    for user in (made, changed, disabled, enabled):
        user.add_argument("user", help="the user name")
        user.add_argument("--firm", required=True)
    for user in (made, changed):
        user.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    team = word(group(words, "team", "Teams."), "create", admin("admin", "team_create"), "Make a team of a firm.")
    team.add_argument("name", help="as shown on the screen")
    team.add_argument("--firm", required=True)
    team.add_argument(
        "--member", action="extend", nargs="+", default=[], metavar="USER", help="a user name, or several"
    )


def _words_about_channels(words: Words) -> None:
    apps = group(words, "app", "Provider apps that sign webhooks.")
    app = word(apps, "create", admin("admin_channels", "app_create"), "Keep the secrets of a Meta app.")
    app.add_argument("kind", choices=["whatsapp_cloud"])
    app.add_argument("--firm", help="the firm's own app; default: the platform's")
    app.add_argument("--secrets-stdin", action="store_true", help="read {app_secret, verify_token} from standard input")

    channels = group(words, "channel", "Connected accounts.")
    channel = word(channels, "connect", admin("admin_channels", "channel_connect"), "Connect a WhatsApp number.")
    channel.add_argument("kind", choices=["whatsapp_cloud"])
    channel.add_argument("--firm", required=True)
    channel.add_argument("--phone-number-id", required=True, help="from the app's WhatsApp page at Meta")
    channel.add_argument("--waba-id", required=True, help="the WhatsApp Business Account's id")
    channel.add_argument("--name", help="as shown on the screen; default: the verified name")
    channel.add_argument("--address", help="the phone number as people write it; default: as Meta writes it")
    channel.add_argument("--app", type=UUID, help="the firm's own app; default: the platform's")
    channel.add_argument("--token-stdin", action="store_true", help="read the access token from standard input")

    gone = word(
        channels,
        "disconnect",
        admin("admin_channels", "channel_disconnect"),
        "Forget a number's access token and give the number free; its conversations stay.",
    )
    gone.add_argument("number", help="the phone number as people write it, or its phone number id")
    gone.add_argument("--firm", required=True)

    kept = group(words, "quarantine", "Parts of webhooks that could not be stored.")
    listing = word(kept, "list", admin("admin_channels", "quarantine_list"), "Show what waits there.")
    listing.add_argument("--limit", type=int, default=50)
    again = word(
        kept, "replay", admin("admin_channels", "quarantine_replay"), "Take in a part again, or all of one reason."
    )
    again.add_argument("what", help="its id, or a reason such as unknown_account")


if __name__ == "__main__":
    sys.exit(main())
