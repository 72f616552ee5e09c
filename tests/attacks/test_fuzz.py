"""Requests that the OpenAPI document allows and requests that it forbids, by the sessions of two firms, over a real port.

No answer is a defect, each has the shape that the document promises, and what one firm gets by its own ids the other is
never shown. `make fuzz` runs longer, with other requests each time.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks

from invekto.entry.postgres import EmbeddedPostgres
from invekto.entry.realtime import Reader
from tests.attacks.arena import Arena, opened
from tests.attacks.firms import DOCUMENT, SECRET
from tests.realtime.conftest import served
from tests.rest import URL

# Per route and kind of request; `make fuzz` sets more, and another seed.
EXAMPLES = int(os.environ.get("INVEKTO_FUZZ_EXAMPLES", "3"))
SEED = int(os.environ.get("INVEKTO_FUZZ_SEED", "8"))
LEFT_OUT = {
    ("POST", "/api/v1/session"): "slow on purpose, and throttled",
    ("DELETE", "/api/v1/session"): "ends the session that asks",
    ("POST", "/api/v1/channels/{channel_id}/check"): "waits seconds for a worker",
}
checks.load_all_checks()
PROMISES: Any = [
    checks.not_a_server_error,
    *(
        checks.CHECKS.get_one(name)
        for name in ("content_type_conformance", "response_schema_conformance", "status_code_conformance")
    ),
]
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


def operations() -> Iterator[Any]:
    for found in SCHEMA.get_all_operations():
        operation = cast("Any", found).ok()
        if (operation.method.upper(), operation.path) not in LEFT_OUT:
            yield operation


@pytest.mark.attack("A3", "A30", "A38")
@pytest.mark.timeout(3600)
async def test_no_request_is_a_defect_and_none_shows_another_firm(
    cluster: EmbeddedPostgres, template: str, tmp_path: Path
) -> None:
    # An arena of its own: afterwards nothing in it is as it was.
    async with (
        opened(cluster, template, tmp_path) as arena,
        served(arena.world, Reader(arena.world.db)) as url,
    ):
        await asyncio.to_thread(fuzz, arena, url.replace("ws://", "http://"))


def fuzz(arena: Arena, url: str) -> None:
    owner, stranger = signed_in(arena.boss.client), signed_in(arena.stranger.client)
    asked = 0
    for operation in operations():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            def both(case: Any, data: st.DataObject) -> None:
                nonlocal asked
                asked += 1
                ids = arena.case.ours
                case.path_parameters = {
                    name: data.draw(st.sampled_from([ids.get(name, value), value]))
                    for name, value in (case.path_parameters or {}).items()
                }
                for session in (owner, stranger):
                    try:
                        answer = case.call(base_url=url, session=session, timeout=20)
                    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                        # A body that is refused before it is there: the server's end is closed while ours still writes, and
                        # our system throws its answer away. Asked anew it is heard; a server that is gone is not.
                        answer = case.call(base_url=url, session=session, timeout=20)
                    case.validate_response(answer, checks=PROMISES)
                # `demo2` has a secret of the same name, so it is told by what only `demo` has.
                assert ids["conversation_id"] not in answer.text or answer.status_code >= 400
                assert f"{SECRET} demo " not in answer.text

            run(both, operation, mode)
    assert asked > 50 * EXAMPLES


def run(attack: Callable[[Any, st.DataObject], None], operation: Any, mode: GenerationMode) -> None:
    bounded = settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True
    )
    given(case=operation.as_strategy(generation_mode=mode), data=st.data())(seed(SEED)(bounded(attack)))()


def signed_in(client: Any) -> requests.Session:
    session = requests.Session()
    session.headers["Origin"] = URL
    session.cookies.update(dict(client.cookies))
    return session
