"""Whether the secret key at hand opens what is stored. What is done about it: see keys.

A new key beside stored secrets is never taken silently: neither here (a database elsewhere) nor in kernel/secret_key (ours).
"""

from __future__ import annotations

import logging
from typing import Final

import asyncpg

from invekto.entry.refusal import StartRefused
from invekto.entry.revisions import connect
from invekto.kernel.crypto import KeyRing
from invekto.kernel.settings import Settings

_log = logging.getLogger("invekto.keys")
_OLD_SCHEMA: Final = asyncpg.UndefinedFunctionError


def ring(settings: Settings) -> KeyRing:
    """The installation's keys: the present one seals, those before it open too."""
    return KeyRing(settings.secret_key, settings.former_keys)


async def former_key_in_use(database_url: str, keys: KeyRing) -> bool:
    """Whether something is still sealed by a former key of ours.

    Raises:
        StartRefused: there are sealed secrets, and no key at hand opens one of them.
    """
    connection = await connect(database_url)
    try:
        used = {
            row["key_id"]: row["sealed"] for row in await connection.fetch("select key_id, sealed from sealing_keys()")
        }
    except _OLD_SCHEMA:
        return False
    finally:
        await connection.close()
    held = keys.key_ids
    strange = {key_id: sealed for key_id, sealed in used.items() if key_id not in held}
    if strange and not used.keys() & set(held):
        raise StartRefused(
            f"The secret key at hand ({held[0]}) opens nothing of what is stored, which was sealed with the key {next(iter(strange))}: "
            "put that secret.key back, or set INVEKTO_SECRET_KEY or INVEKTO_SECRET_KEY_FORMER to it. If it is lost: `invekto app "
            "create` keeps the app's secrets anew, `invekto key forget-unreadable` lets go of the rest."
        )
    for key_id, sealed in strange.items():
        _log.error("%d secrets were sealed with the key %s, which is not at hand: they stay closed", sealed, key_id)
    return any(key_id in held[1:] for key_id in used)
