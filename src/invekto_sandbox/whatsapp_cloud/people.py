"""Customers and their threads with each business number: who they are, and whether the service window is open."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Sequence
from typing import Any

import phonenumbers

from invekto_sandbox.settings import Strangers
from invekto_sandbox.store import Row, Store
from invekto_sandbox.whatsapp_cloud.accounts import Accounts, Number
from invekto_sandbox.whatsapp_cloud.payloads import SHAPES, Json

WINDOW_S = 24 * 3600
_HOLD_AGE_S = {"hour": 23 * 3600, "closed": WINDOW_S + 60}
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")

SAMPLES: tuple[Json, ...] = (
    {"name": "Gülşah Yıldırım", "phone": "905550104418"},
    {"name": "Khalid Al-Mansoori", "phone": "971555010022"},
    {"name": "Ayşegül Doğan", "username": "aysegul.dogan", "shape": "bsuid"},
    {"name": "İrem Özkan", "phone": "905550104425"},
    {"name": "Umut Şenol", "phone": "905550104433"},
    {"name": "Emma Fischer", "phone": "4915550100044"},
)


class PersonRefused(Exception):
    """The asked customer cannot exist: `code` says why, for the page to translate."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def normalize(raw: str) -> str | None:
    """The digits of a number that somebody typed, Turkish short forms completed; None when it cannot be one."""
    text = raw.strip()
    digits = "".join(filter(str.isdigit, text))
    if not text.startswith("+"):
        if digits.startswith("00"):
            digits = digits[2:]
        elif len(digits) == 11 and digits.startswith("0"):
            digits = "90" + digits[1:]
        elif len(digits) == 10 and digits.startswith("5"):
            digits = "90" + digits
    return digits if 7 <= len(digits) <= 15 else None


def wa_id_of(digits: str) -> str:
    """The id WhatsApp knows a number by: it differs from the dialled number in Brazil, Mexico and Argentina [K]."""
    if re.fullmatch(r"55([3-9]\d)9\d{8}", digits):
        return digits[:4] + digits[5:]
    if re.fullmatch(r"52\d{10}", digits):
        return "521" + digits[2:]
    if re.fullmatch(r"54[1-8]\d{9}", digits):
        return "549" + digits[2:]
    return digits


def _country(phone: str | None) -> str:
    if phone is None:
        return "TR"
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse("+" + phone)) or "TR"
    except phonenumbers.NumberParseException:
        return "TR"


class People:
    def __init__(self, store: Store, accounts: Accounts, strangers: Strangers) -> None:
        self._store = store
        self._accounts = accounts
        self.strangers: Strangers = strangers

    # customers

    def find(self, customer_id: int) -> Json | None:
        row = self._store.one("select * from wa_customer where id = ?", customer_id)
        return None if row is None else dict(row)

    def by_phone(self, phone: str) -> Json | None:
        row = self._store.one("select * from wa_customer where phone = ?", phone)
        return None if row is None else dict(row)

    def _by_own_user_id(self, user_id: str | None) -> Json | None:
        row = self._store.one("select * from wa_customer where user_id = ? and phone is null", user_id)
        return None if row is None else dict(row)

    def by_user_id(self, waba_id: str, user_id: str) -> Json | None:
        row = self._store.one(
            "select c.* from wa_user_id u join wa_customer c on c.id = u.customer_id"
            " where u.waba_id = ? and u.user_id = ?",
            waba_id,
            user_id,
        )
        return None if row is None else dict(row)

    def create(self, wish: Json, group: str = "person") -> Json:
        """Makes a customer, or gives the one who has that number or id already (then only the named things change)."""
        shape = wish.get("shape") or ("both" if wish.get("phone") else "bsuid")
        if shape not in SHAPES:
            raise PersonRefused("shape_unknown", f"shape must be one of {', '.join(SHAPES)}")
        phone = None
        if wish.get("phone"):
            phone = normalize(str(wish["phone"]))
            if phone is None:
                raise PersonRefused("phone_invalid", "that is not a phone number")
            phone = wa_id_of(phone)
        elif not shape.startswith("bsuid"):
            raise PersonRefused("phone_required", f"a customer of shape {shape} needs a phone")
        user_id = wish.get("user_id")
        if user_id is not None and not _USER_ID.fullmatch(str(user_id)):
            raise PersonRefused("user_id_invalid", "a business-scoped id looks like TR.1234567890")
        known = self.by_phone(phone) if phone else self._by_own_user_id(user_id)
        if known is not None:
            changes = {
                key: wish[key] for key in ("name", "username", "shape", "fails_with", "user_id") if wish.get(key)
            }
            return self.change(known["id"], changes) if changes else known
        name = str(wish.get("name") or wish.get("username") or (f"+{phone}" if phone else user_id or "Misafir"))
        customer_id = self._store.run(
            "insert into wa_customer (phone, name, username, user_id, shape, grp, fails_with, created_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            phone,
            name,
            wish.get("username"),
            user_id,
            shape,
            group,
            wish.get("fails_with"),
            time.time(),
        )
        made = self.find(customer_id)
        assert made is not None
        return made

    def change(self, customer_id: int, changes: Json) -> Json:
        columns = [key for key in ("name", "username", "shape", "fails_with", "user_id") if key in changes]
        if changes.get("shape", "both") not in SHAPES:
            raise PersonRefused("shape_unknown", f"shape must be one of {', '.join(SHAPES)}")
        for column in columns:  # the names come from the tuple above, never from the caller
            self._store.run(f"update wa_customer set {column} = ? where id = ?", changes[column], customer_id)  # noqa: S608
        if "user_id" in changes:
            self._store.run("delete from wa_user_id where customer_id = ?", customer_id)
        changed = self.find(customer_id)
        assert changed is not None
        return changed

    def move(self, customer_id: int, wish: str) -> Json:
        """The customer has another phone number from now on, and another id for each business. Raises PersonRefused."""
        digits = normalize(wish)
        if digits is None:
            raise PersonRefused("phone_invalid", "that is not a phone number")
        phone = wa_id_of(digits)
        if self.by_phone(phone) is not None:
            raise PersonRefused("phone_taken", "somebody has that number already")
        self._store.run("update wa_customer set phone = ? where id = ?", phone, customer_id)
        for row in self._store.all("select waba_id from wa_user_id where customer_id = ?", customer_id):
            fresh = f"{_country(phone)}.{secrets.randbelow(9 * 10**15) + 10**15}"
            self._store.run(
                "update wa_user_id set user_id = ? where waba_id = ? and customer_id = ?",
                fresh,
                row["waba_id"],
                customer_id,
            )
        moved = self.find(customer_id)
        assert moved is not None
        return moved

    def user_id(self, number: Number, customer: Json) -> str:
        """The customer's business-scoped id for the number's business; made on first use."""
        row = self._store.one(
            "select user_id from wa_user_id where waba_id = ? and customer_id = ?", number.waba_id, customer["id"]
        )
        if row is not None:
            return str(row["user_id"])
        user_id = customer["user_id"] or self._accounts.user_id(
            number.waba_id, customer["id"], _country(customer["phone"])
        )
        self._store.run("insert or replace into wa_user_id values (?, ?, ?)", number.waba_id, user_id, customer["id"])
        return str(user_id)

    def recipient(self, number: Number, user_id: str) -> Json | None:
        """Whom a business-scoped id means; a well-formed one that was never seen becomes a new customer."""
        known = self.by_user_id(number.waba_id, user_id)
        if known is not None:
            return known
        if not _USER_ID.fullmatch(user_id):
            return None
        return self.create({"user_id": user_id, "name": user_id, "shape": "bsuid"}, group="stranger")

    # threads

    def thread(self, number_id: str, customer_id: int) -> Row | None:
        return self._store.one(
            "select * from wa_thread where number_id = ? and customer_id = ?", number_id, customer_id
        )

    def _ensure(self, number_id: str, customer_id: int) -> None:
        self._store.run(
            "insert or ignore into wa_thread (number_id, customer_id) values (?, ?)", number_id, customer_id
        )

    def written(self, number_id: str, customer_id: int, age_s: float | None) -> float:
        """A customer writes: the window opens from the time of writing. Gives that time.
        `age_s` None takes the age that the window control holds the customer at, else the message is new."""
        self._ensure(number_id, customer_id)
        thread = self.thread(number_id, customer_id)
        assert thread is not None
        if age_s is None:
            age_s = _HOLD_AGE_S.get(thread["window_hold"] or "", 0)
        at = time.time() - age_s
        closes_at = max(thread["window_closes_at"] or 0, at + WINDOW_S)
        self._store.run(
            "update wa_thread set window_closes_at = ? where number_id = ? and customer_id = ?",
            closes_at,
            number_id,
            customer_id,
        )
        return at

    def set_window(self, number_id: str, customer_id: int, state: str, *, hold: bool) -> None:
        """`hold`: what the customer writes from now on counts as written so long ago that the state stays."""
        left_s = {"open": WINDOW_S, "hour": 3600, "closed": -1}[state]
        self._ensure(number_id, customer_id)
        self._store.run(
            "update wa_thread set window_closes_at = ?, window_hold = ? where number_id = ? and customer_id = ?",
            time.time() + left_s,
            state if hold and state != "open" else None,
            number_id,
            customer_id,
        )

    def window_open(self, number_id: str, customer_id: int) -> bool:
        thread = self.thread(number_id, customer_id)
        closes_at = None if thread is None else thread["window_closes_at"]
        return self.strangers == "open" if closes_at is None else closes_at > time.time()

    def window(self, thread: Row | None) -> Json:
        closes_at = None if thread is None else thread["window_closes_at"]
        left_s = (closes_at or 0) - time.time()
        state: str
        if closes_at is None:
            state = self.strangers
        elif left_s <= 0:
            state = "closed"
        else:
            state = "hour" if left_s <= 3600 else "open"
        hold = None if thread is None else thread["window_hold"]
        return {"state": state, "closes_at": closes_at, "hold": hold}

    def note_preview(self, number_id: str, customer_id: int, type_: str, text: str, direction: str) -> None:
        self._ensure(number_id, customer_id)
        self._store.run(
            "update wa_thread set last_at = ?, preview = ?, preview_type = ?, preview_direction = ?,"
            " unread = unread + ? where number_id = ? and customer_id = ?",
            time.time(),
            text[:120],
            type_,
            direction,
            direction == "business",
            number_id,
            customer_id,
        )

    def remember(self, number_id: str, customer_id: int, *, last: Json, text: str, closes_at: float | None) -> None:
        """A thread from before: its last message and the end of its window, as if it had been written here."""
        self._ensure(number_id, customer_id)
        self._store.run(
            "update wa_thread set last_at = ?, preview = ?, preview_type = ?, preview_direction = ?,"
            " window_closes_at = ? where number_id = ? and customer_id = ?",
            last["at"],
            text[:120],
            last["type"],
            last["direction"],
            closes_at,
            number_id,
            customer_id,
        )

    def clear_unread(self, number_id: str, customer_id: int) -> bool:
        return (
            self._store.run(
                "update wa_thread set unread = 0 where number_id = ? and customer_id = ? and unread > 0",
                number_id,
                customer_id,
            )
            > 0
        )

    # what the page lists

    def rows(self, number: Number, customer_ids: Iterable[int]) -> list[Json]:
        return [row for one in customer_ids if (row := self._row(number, self.find(one))) is not None]

    def page(self, number: Number, *, limit: int, offset: int, query: str) -> tuple[list[Json], int]:
        """People made by hand first shown even without a thread; crowds and strangers only once they wrote."""
        where = "(c.grp = 'person' or t.last_at > 0) and (? = '' or instr(fold(c.name), fold(?)) or instr(c.phone, ?))"
        join = "from wa_customer c left join wa_thread t on t.customer_id = c.id and t.number_id = ?"
        values: Sequence[Any] = (number.phone_number_id, query, query, query.lstrip("+"))
        total = self._store.number(f"select count(*) {join} where {where}", *values)
        rows = self._store.all(
            f"select c.* {join} where {where}"
            " order by coalesce(t.last_at, 0) desc, c.grp = 'person' desc, c.id limit ? offset ?",
            *values,
            limit,
            offset,
        )
        return [self._dress(number, dict(row)) for row in rows], total

    def _row(self, number: Number, customer: Json | None) -> Json | None:
        return None if customer is None else self._dress(number, customer)

    def _dress(self, number: Number, customer: Json) -> Json:
        thread = self.thread(number.phone_number_id, customer["id"])
        return {
            "id": customer["id"],
            "name": customer["name"],
            "phone": customer["phone"],
            "username": customer["username"],
            "user_id": self.user_id(number, customer),
            "shape": customer["shape"],
            "group": customer["grp"],
            "fails_with": customer["fails_with"],
            "unread": 0 if thread is None else thread["unread"],
            "last_at": None if thread is None or not thread["last_at"] else thread["last_at"],
            "preview": "" if thread is None else thread["preview"],
            "preview_type": None if thread is None else thread["preview_type"],
            "preview_direction": None if thread is None else thread["preview_direction"],
            "window": self.window(thread),
        }
