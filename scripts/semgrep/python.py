# Samples for python.yml: read by `make check`, never run.
import contextlib
import hashlib
import hmac
import logging
import os
import subprocess

import asyncpg
import yaml
from starlette.responses import HTMLResponse, JSONResponse

_log = logging.getLogger(__name__)
_COLUMNS = "id, name"


async def asks(tx, name, viewer):
    # ruleid: sql-from-values
    await tx.fetch(f"select {_COLUMNS} from contact where name = '{name}'")
    made = "select * from contact where name = '%s'" % name
    # ruleid: sql-from-values
    await tx.execute(made)
    # ok: sql-from-values
    await tx.fetch(f"select {_COLUMNS} from contact where {viewer.visible} and name = $1", name)


async def claims(connection, tenant):
    # ruleid: setting-outlives-its-transaction
    await connection.execute("select set_config('app.tenant_id', $1, false)", tenant)
    # ok: setting-outlives-its-transaction
    await connection.execute("select set_config('app.tenant_id', $1, true)", tenant)


async def opens(db, tenant_id, actor, url):
    # ruleid: statement-without-a-firm
    connection = await asyncpg.connect(url)
    # ok: statement-without-a-firm
    async with db.tx(tenant_id, actor) as tx:
        return connection, tx


def reads(text):
    # ruleid: unsafe-reading
    first = yaml.load(text)
    # ok: unsafe-reading
    second = yaml.safe_load(text)
    return first, second


def starts(name):
    # ruleid: a-shell
    subprocess.run(f"ls {name}", shell=True, check=True)
    # ruleid: a-shell
    os.system(name)
    # ok: a-shell
    subprocess.run(["ls", name], check=True)


def hides(work):
    # ruleid: swallowed
    try:
        work()
    except Exception:
        pass
    # ok: swallowed
    with contextlib.suppress(FileNotFoundError):
        work()


def tells(request, body, access_token):
    # ruleid: secret-in-a-log
    _log.warning("refused %s", body)
    # ruleid: secret-in-a-log
    _log.info("sent by %s with %s", request.id, access_token)
    # ok: secret-in-a-log
    _log.warning("refused %s", request.id)


def answers(text):
    # ruleid: answer-made-of-markup
    page = HTMLResponse(f"<p>{text}</p>")
    # ok: answer-made-of-markup
    data = JSONResponse({"text": text})
    return page, data


def proves(raw, given, key, signature):
    # ruleid: weak-hash
    weak = hashlib.sha1(raw).hexdigest()
    # ok: weak-hash
    strong = hmac.new(key, raw, hashlib.sha256).hexdigest()
    # ruleid: compared-in-plain
    same = signature == strong
    # ok: compared-in-plain
    safe = hmac.compare_digest(signature, strong)
    return weak, same, safe
