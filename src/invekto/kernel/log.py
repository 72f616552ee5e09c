"""Log lines: short text for a terminal, JSON for a collector. Takes secrets, and what a database quotes of people, out of
every line before it is written.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from invekto.kernel.settings import LogFormat

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Id of the request or job that this task works for; it stands in each line and in the answer's error."""

_HIDDEN: Final = "***"
_KEY: Final = r"(?:access[_-]?token|app[_-]?secret|verify[_-]?token|client[_-]?secret|api[_-]?key|password|passwd|secret|token|authorization|cookie)"
_SCRUBBED: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    # postgresql://login:password@host
    (re.compile(r"(\b\w+://[^\s:/@]*:)[^\s@/]+(?=@)"), rf"\g<1>{_HIDDEN}"),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\g<1> {_HIDDEN}"),
    # "password": "x"   {'token': 'x'}   password=x   Authorization: x
    (re.compile(rf"""(["']{_KEY}["']\s*:\s*)("[^"]*"|'[^']*'|[^\s,}}]+)""", re.IGNORECASE), rf'\g<1>"{_HIDDEN}"'),
    (re.compile(rf"""({_KEY}=)[^\s,;&"'}})]+""", re.IGNORECASE), rf"\g<1>{_HIDDEN}"),
    (re.compile(r"\b((?:proxy-)?authorization|(?:set-)?cookie)\s*:\s*[^\r\n]+", re.IGNORECASE), rf"\g<1>: {_HIDDEN}"),
    # A token of Meta's, wherever it stands.
    (re.compile(r"\bEAA[A-Za-z0-9]{20,}"), _HIDDEN),
    (re.compile(r"(invekto_session=)[^\s;,]+"), rf"\g<1>{_HIDDEN}"),
    # What the database and its driver quote of a row they refuse: people's names, numbers and texts.
    (
        re.compile(
            r"(DETAIL: |invalid input for query argument \$\d+: |invalid input syntax for type [\w ]+: |"
            r"invalid UUID |out of range: )[^\n]+"
        ),
        rf"\g<1>{_HIDDEN}",
    ),
)
_known_lock = threading.Lock()
_known: set[str] = set()

# What logging itself puts on a record; everything else came with `extra=` and is written.
_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request_id", "taskName"}


def hide(secret: str) -> None:
    """From now on this value is replaced in every line, whatever stands around it."""
    if len(secret) >= 8:
        with _known_lock:
            _known.add(secret)


def scrub(text: str) -> str:
    """The text without passwords, tokens and the values given to `hide`."""
    for secret in tuple(_known):
        text = text.replace(secret, _HIDDEN)
    for pattern, replacement in _SCRUBBED:
        text = pattern.sub(replacement, text)
    return text


@contextmanager
def request(identifier: str) -> Iterator[None]:
    """Marks the lines written inside with the id of the request or job."""
    token = request_id.set(identifier)
    try:
        yield
    finally:
        request_id.reset(token)


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _OWN and not name.startswith("_")}


class TextFormatter(logging.Formatter):
    """`08:15:02 web    warning  sentence  key=value`"""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        extras = _extras(record)
        if (current := request_id.get()) is not None:
            extras["request"] = current
        line = f"{at} {self._process:<8} {level}{record.getMessage()}"
        if extras:
            line += "  " + " ".join(f"{name}={value}" for name, value in extras.items())
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return scrub(line)


class JsonFormatter(logging.Formatter):
    """One object a line: at, level, process, logger, message, request_id, error, and what came with `extra=`."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        if (current := request_id.get()) is not None:
            line["request_id"] = current
        for name, value in _extras(record).items():
            line.setdefault(name, value if isinstance(value, int | float | bool | None) else scrub(str(value)))
        if record.exc_info:
            line["error"] = scrub(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def configure(process: str, form: LogFormat, level: str, stream: TextIO | None = None) -> None:
    """Sets up this process's log, once, at its start. `process` is the short name in each line: web, worker, ..."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(process) if form == "json" else TextFormatter(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Their lines repeat ours: one per request, one per statement, one per step of a migration.
    for chatty in ("httpx", "httpcore", "asyncio", "alembic", "websockets", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


__all__ = ["JsonFormatter", "TextFormatter", "configure", "hide", "request", "request_id", "scrub"]
