"""Log lines: what they hold, and what is taken out of them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from invekto.kernel import log
from invekto.kernel.db import Database
from invekto.kernel.ids import uuid7
from invekto.kernel.tx import SYSTEM, Tx


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.attack("A39")
@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("connect postgresql://app:hunter22@db/invekto", "connect postgresql://app:***@db/invekto"),
        ("Authorization: Bearer hunter22.abc", "Authorization: ***"),
        ("calling with Bearer hunter22hunter22", "calling with Bearer ***"),
        ("GET /me?access_token=hunter22&fields=id", "GET /me?access_token=***&fields=id"),
        ('{"app_secret": "hunter22", "id": 5}', '{"app_secret": "***", "id": 5}'),
        ("Cookie: invekto_session=hunter22; a=b", "Cookie: ***"),
        ("set invekto_session=hunter22; Path=/", "set invekto_session=***; Path=/"),
        ("token EAAhunter22hunter22hunter22 expired", "token *** expired"),
        ("the token expired at noon", "the token expired at noon"),
    ],
)
def test_secrets_are_taken_out_whatever_stands_around_them(line: str, kept: str) -> None:
    assert log.scrub(line) == kept


@pytest.mark.attack("A39")
def test_a_value_that_was_hidden_never_appears_in_any_form_of_line(stream: io.StringIO) -> None:
    log.hide("correct-horse-battery")
    for form in ("text", "json"):
        log.configure("web", form, "info", stream)
        logging.getLogger("x").info("got %s", "correct-horse-battery", extra={"body": "correct-horse-battery"})
        try:
            raise ValueError("correct-horse-battery")
        except ValueError:
            logging.getLogger("x").exception("failed")
    assert stream.getvalue().count("***") == 8
    assert "correct-horse" not in stream.getvalue()


def test_a_json_line_names_process_request_and_extras(stream: io.StringIO) -> None:
    log.configure("worker", "json", "info", stream)
    with log.request("req-7"):
        logging.getLogger("invekto.outbox").warning("sent %d", 3, extra={"channel_kind": "whatsapp_cloud", "tries": 2})
    line = json.loads(stream.getvalue())
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "warning",
        "process": "worker",
        "logger": "invekto.outbox",
        "message": "sent 3",
        "request_id": "req-7",
        "channel_kind": "whatsapp_cloud",
        "tries": 2,
    }


def test_a_text_line_fits_a_terminal(stream: io.StringIO) -> None:
    log.configure("web", "text", "info", stream)
    logging.getLogger("x").info("ready", extra={"port": 8000})
    assert stream.getvalue()[9:] == "web      ready  port=8000\n"


async def test_what_the_database_refused_is_not_repeated_in_the_log(stream: io.StringIO, db: Database) -> None:
    """Its errors quote the row: names, numbers and texts of people, in a file that nobody erases."""
    person = "+905551112233"
    row = "insert into sign_in_attempt (account_key, address, failed, window_started_at) values ('k', $1, 1, now())"

    async def twice(tx: Tx) -> None:
        await tx.execute(row, person)
        await tx.execute(row, person)

    async def by_the_driver(tx: Tx) -> None:
        await tx.fetch("select $1::uuid", person)

    async def by_the_server(tx: Tx) -> None:
        await tx.fetch("select $1::text::date", person)

    async def by_orm(tx: Tx) -> None:
        await tx.session.execute(text(row.replace("$1", ":person")), {"person": person})
        await tx.session.execute(text(row.replace("$1", ":person")), {"person": person})

    log.configure("web", "json", "info", stream)
    for refused in (twice, by_the_driver, by_the_server, by_orm):
        try:
            async with db.tx(uuid7(), SYSTEM) as tx:
                await refused(tx)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError) as error:
            logging.getLogger("x").exception("refused: %s, %r", error, error)
    written = stream.getvalue()
    assert written.count("refused: ") == 4
    assert person not in written
    assert "sign_in_attempt_pkey" in written, "what went wrong is still said"
