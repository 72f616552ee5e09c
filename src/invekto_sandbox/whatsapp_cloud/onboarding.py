"""How a business comes to the app and leaves it: codes of the sign-up dialog, tokens that end, numbers that are registered.

From memory and not re-read [K]: the subcodes of 190, the messages of 133xxx, and that a code lives for ten minutes."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any, Final

from invekto_sandbox.core import Core
from invekto_sandbox.whatsapp_cloud.accounts import Accounts, Number
from invekto_sandbox.whatsapp_cloud.errors import GraphError
from invekto_sandbox.whatsapp_cloud.payloads import Json

TABLES: Final = """
create table if not exists wa_token (
    token text primary key, waba_id text not null, scopes text not null, expires_at real, revoked integer not null);
create table if not exists wa_code (
    code text primary key, waba_id text not null, redirect_uri text not null, expires_at real not null);
create table if not exists wa_registration (
    number_id text primary key, registered integer not null, pin text, wrong_pins integer not null default 0,
    mode text not null, onboarded_at real not null, sms_code text);
"""
SCOPES: Final = ("whatsapp_business_management", "whatsapp_business_messaging")
MODES: Final = ("new_number", "migration", "coexistence")
CODE_S: Final = 600
_SYNC_WITHIN_S: Final = 24 * 3600
_GUESSES: Final = 5


@dataclass(frozen=True, slots=True)
class Token:
    waba_id: str
    scopes: tuple[str, ...]
    expires_at: float | None
    revoked: bool

    def problem(self) -> GraphError | None:
        if self.revoked:
            return token_error(460, "The session has been invalidated because the user changed their password.")
        if self.expires_at is not None and self.expires_at <= time.time():
            return token_error(463, "Session has expired.")
        return None


def token_error(subcode: int, why: str) -> GraphError:
    error = GraphError(190, subcode=subcode)
    error.title = f"Error validating access token: {why}"
    return error


class Onboarding:
    def __init__(self, core: Core, accounts: Accounts) -> None:
        self._core = core
        self._store = core.store
        self._accounts = accounts
        accounts.issued = self.token

    # tokens

    def token(self, token: str) -> Token | None:
        """What is known of a token beyond the key file: issued by the dialog, revoked, or with an end."""
        row = self._store.one("select * from wa_token where token = ?", token)
        if row is None:
            return None
        scopes = tuple(filter(None, row["scopes"].split(",")))
        return Token(row["waba_id"], scopes, row["expires_at"], bool(row["revoked"]))

    def set_token(
        self,
        token: str,
        waba_id: str,
        *,
        scopes: tuple[str, ...] = SCOPES,
        expires_at: float | None = None,
        revoked: bool = False,
    ) -> None:
        self._store.run(
            "insert or replace into wa_token values (?, ?, ?, ?, ?)",
            token,
            waba_id,
            ",".join(scopes),
            expires_at,
            int(revoked),
        )

    # codes

    def new_code(self, waba_id: str, redirect_uri: str) -> str:
        code = "AQ" + secrets.token_urlsafe(60)
        self._store.run("insert into wa_code values (?, ?, ?, ?)", code, waba_id, redirect_uri, time.time() + CODE_S)
        return code

    def exchange(self, code: str, redirect_uri: str) -> Json:
        """A business token for a code, once. Raises GraphError 100 with Meta's subcodes."""
        row = self._store.one("select * from wa_code where code = ?", code)
        if row is None or row["expires_at"] <= time.time():
            known = row is not None
            error = GraphError(100, subcode=36007 if known else 36009)
            error.title = "This authorization code has expired." if known else "This authorization code has been used."
            raise error
        if row["redirect_uri"] != redirect_uri:
            error = GraphError(100, subcode=36008)
            error.title = (
                "Error validating verification code. Please make sure your redirect_uri is identical to the one you"
                " used in the OAuth dialog request"
            )
            raise error
        token = "EAA" + secrets.token_urlsafe(96).replace("-", "A").replace("_", "B")
        with self._store.tx():
            self._store.run("delete from wa_code where code = ?", code)
            self.set_token(token, row["waba_id"])
        return {"access_token": token, "token_type": "bearer"}

    # numbers

    def onboard(self, number: Number, mode: str) -> None:
        """What the dialog leaves behind: a number that is not registered yet, or one that stays on its phone."""
        self._store.run(
            "insert or replace into wa_registration values (?, ?, null, 0, ?, ?, null)",
            number.phone_number_id,
            int(mode == "coexistence"),
            mode,
            time.time(),
        )

    def registered(self, number: Number) -> bool:
        row = self._row(number)
        return row is None or bool(row["registered"])

    def mode(self, number: Number) -> str | None:
        row = self._row(number)
        return None if row is None else str(row["mode"])

    def require_registered(self, number: Number) -> None:
        if not self.registered(number):
            raise GraphError(133010)

    def register(self, number: Number, body: Json) -> None:
        """Raises GraphError 100 (no pin), 133005 (another pin), 133008 (too many guesses)."""
        pin = str(body.get("pin", ""))
        if not (pin.isascii() and pin.isdigit() and len(pin) == 6):
            raise GraphError(100, "Param pin must be a string of 6 digits")
        row = self._row(number)
        if row is not None and row["pin"] and row["pin"] != pin:
            wrong = row["wrong_pins"] + 1
            self._store.run(
                "update wa_registration set wrong_pins = ? where number_id = ?", wrong, number.phone_number_id
            )
            raise GraphError(133008 if wrong > _GUESSES else 133005)
        self._keep(number, registered=1, pin=pin)

    def deregister(self, number: Number) -> None:
        self._keep(number, registered=0, pin=None if (row := self._row(number)) is None else row["pin"])

    def request_code(self, number: Number, body: Json) -> None:
        if str(body.get("code_method", "")).upper() not in ("SMS", "VOICE"):
            raise GraphError.missing("code_method")
        if not body.get("language"):
            raise GraphError.missing("language")
        row = self._row(number)
        self._keep(number, registered=1 if row is None else row["registered"], pin=None if row is None else row["pin"])
        self._store.run(
            "update wa_registration set sms_code = ? where number_id = ?",
            f"{secrets.randbelow(10**6):06d}",
            number.phone_number_id,
        )

    def sms_code(self, number: Number) -> str | None:
        """What the number's owner reads on the phone."""
        row = self._row(number)
        return None if row is None else row["sms_code"]

    def verify_code(self, number: Number, body: Json) -> None:
        wanted = self.sms_code(number)
        if wanted is None or str(body.get("code", "")).replace("-", "") != wanted:
            raise GraphError(136025)
        self._store.run("update wa_registration set sms_code = null where number_id = ?", number.phone_number_id)

    def sync(self, number: Number, body: Json) -> Json:
        """`smb_app_data`: the phone's contacts or its history are pushed, within a day of the sign-up and only there."""
        kind = body.get("sync_type")
        if kind not in ("smb_app_state_sync", "history"):
            raise GraphError(100, "Param sync_type must be one of {smb_app_state_sync, history}")
        row = self._row(number)
        if row is None or row["mode"] != "coexistence" or time.time() - row["onboarded_at"] > _SYNC_WITHIN_S:
            raise GraphError(2593107)
        request_id = secrets.token_hex(12)
        self._core.store.keep_setting(
            f"wa.sync.{number.phone_number_id}", [*self.syncs(number), {"sync_type": kind, "request_id": request_id}]
        )
        return {"messaging_product": "whatsapp", "request_id": request_id}

    def syncs(self, number: Number) -> list[Json]:
        found: list[Json] = self._core.store.setting(f"wa.sync.{number.phone_number_id}", [])
        return found

    def _row(self, number: Number) -> Any:
        return self._store.one("select * from wa_registration where number_id = ?", number.phone_number_id)

    def _keep(self, number: Number, *, registered: int, pin: str | None) -> None:
        row = self._row(number)
        self._store.run(
            "insert or replace into wa_registration values (?, ?, ?, 0, ?, ?, ?)",
            number.phone_number_id,
            registered,
            pin,
            "new_number" if row is None else row["mode"],
            time.time() if row is None else row["onboarded_at"],
            None if row is None else row["sms_code"],
        )
