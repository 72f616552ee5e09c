"""What the pages of commands share: a word of the command line, a group of them, and what each needs to run."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

    from invekto.kernel.settings import Settings

    Words: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def word(
    words: Words, name: str, run: Callable[[argparse.Namespace], int], sentence: str | None
) -> argparse.ArgumentParser:
    """Adds one command; without a sentence it is not listed, because only our own processes use it."""
    command = (
        words.add_parser(name) if sentence is None else words.add_parser(name, help=sentence, description=sentence)
    )
    command.set_defaults(run=run)
    return command


def group(words: Words, name: str, sentence: str) -> Words:
    command = words.add_parser(name, help=sentence, description=sentence)
    return command.add_subparsers(title="commands", metavar="COMMAND", required=True)


def load_settings(process: str) -> Settings:
    from invekto.kernel import log
    from invekto.kernel.settings import Settings

    settings = Settings.load()
    log.configure(process, settings.log_format, settings.log_level)
    return settings


def admin(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """A function of admin or admin_channels, loaded when it runs."""

    def command(arguments: argparse.Namespace) -> int:
        from importlib import import_module

        work: Callable[[Settings, argparse.Namespace], int] = getattr(import_module(f"invekto.entry.{module}"), name)
        return work(load_settings("invekto"), arguments)

    return command
