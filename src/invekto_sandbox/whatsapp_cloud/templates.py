"""Message templates of each account: stored, judged after a while, and what webhooks say about them.

The judge says yes unless the control API told it otherwise. Its plan is in the row, so a restart goes on with it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from typing import Any

from invekto_sandbox.core import Core
from invekto_sandbox.posting import Webhook
from invekto_sandbox.store import Row
from invekto_sandbox.whatsapp_cloud import payloads, template_rules
from invekto_sandbox.whatsapp_cloud.accounts import KIND, Accounts
from invekto_sandbox.whatsapp_cloud.errors import GraphError
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.subscriptions import Subscriptions

TABLES = """
create table if not exists wa_template (
    id text primary key, waba_id text not null, name text not null, language text not null,
    category text not null, status text not null, parameter_format text not null, components text not null,
    quality text not null default 'UNKNOWN', reason text not null default 'NONE',
    at real not null, judged_at real);
create unique index if not exists wa_template_name on wa_template (waba_id, name, language);
create table if not exists wa_upload (
    id text primary key, mime text not null, size integer not null, handle text, at real not null);
"""
MOST = 250
NAME_KEPT_S = 30 * 86_400
REVIEW_S = 1.0
_PAUSES = ("PAUSED", "DISABLED")


class Templates:
    def __init__(self, core: Core, accounts: Accounts, subscriptions: Subscriptions) -> None:
        self._core = core
        self._store = core.store
        self._accounts = accounts
        self._subscriptions = subscriptions
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self.review_s: float = core.store.setting("wa.review_s", REVIEW_S)
        self.verdict: Json = core.store.setting("wa.verdict", {"status": "APPROVED"})

    @property
    def pending(self) -> int:
        return len(self._timers)

    def resume(self) -> None:
        for row in self._store.all(
            "select id, judged_at from wa_template where status = 'PENDING' and judged_at is not null"
        ):
            self._arm(row["id"], max(0.0, row["judged_at"] - time.time()))

    def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def clear(self) -> None:
        self.stop()
        self._store.run("delete from wa_template")
        self._store.run("delete from wa_upload")

    def judge_by(self, review_s: float | None, verdict: Json | None) -> None:
        """How long a review takes from now on, and how it ends."""
        if review_s is not None:
            self.review_s = review_s
            self._store.keep_setting("wa.review_s", review_s)
        if verdict is not None:
            self.verdict = verdict
            self._store.keep_setting("wa.verdict", verdict)

    # reading

    def find(self, template_id: str) -> Row | None:
        return self._store.one("select * from wa_template where id = ?", template_id)

    def named(self, waba_id: str, name: str, language: str) -> Row | None:
        return self._store.one(
            "select * from wa_template where waba_id = ? and name = ? and language = ? and status <> 'DELETED'",
            waba_id,
            name,
            language,
        )

    def all_of(self, waba_id: str) -> list[Row]:
        return self._store.all(
            "select * from wa_template where waba_id = ? and status <> 'DELETED' order by at desc, id desc", waba_id
        )

    # writing

    def create(self, waba_id: str, body: Json) -> Row:
        """Raises GraphError as Meta does."""
        template_rules.check_name(body)
        template_rules.check_content(body)
        name, language = str(body["name"]), str(body["language"])
        other = self._store.one(
            "select * from wa_template where waba_id = ? and name = ? and language = ?", waba_id, name, language
        )
        if other is not None and other["status"] != "DELETED":
            raise template_rules.refusal(
                template_rules.EXISTS,
                "Content in this language already exists",
                f"There is already a template of the name {name} in this language.",
            )
        if other is not None and time.time() - (other["judged_at"] or 0) < NAME_KEPT_S:
            raise template_rules.refusal(
                template_rules.BEING_DELETED,
                "Message template language is being deleted",
                f"The template {name} is being deleted. Use another name for 4 weeks.",
            )
        if len(self.all_of(waba_id)) >= MOST:
            raise template_rules.refusal(template_rules.LIMIT, "Template limit", "The account has too many templates.")
        if other is not None:
            self._store.run("delete from wa_template where id = ?", other["id"])
        return self.put(waba_id, body, "PENDING")

    def put(self, waba_id: str, body: Json, status: str, *, reason: str = "NONE", quality: str = "UNKNOWN") -> Row:
        """Stores one as it is, unchecked; a pending one will be judged."""
        template_id = str(secrets.randbelow(9 * 10**15) + 10**15)
        with self._store.tx():
            self._store.run(
                "insert into wa_template values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null)",
                template_id,
                waba_id,
                body["name"],
                body["language"],
                body["category"],
                status,
                "NAMED" if body.get("parameter_format") == "NAMED" else "POSITIONAL",
                json.dumps(body["components"]),
                quality,
                reason,
                time.time(),
            )
            if status == "PENDING" and not body.get("held"):
                self._review(template_id)
            self._changed(waba_id)
        found = self.find(template_id)
        assert found is not None
        return found

    def edit(self, row: Row, body: Json) -> None:
        """Category and components; name and language stay. Raises GraphError."""
        if row["status"] not in ("APPROVED", "REJECTED", "PAUSED"):
            raise GraphError(100, "Only approved, rejected and paused templates can be edited.")
        merged = {
            "category": body.get("category", row["category"]),
            "parameter_format": body.get("parameter_format", row["parameter_format"]),
            "components": body.get("components", json.loads(row["components"])),
        }
        if row["status"] == "APPROVED" and merged["category"] != row["category"]:
            raise GraphError(100, "The category of an approved template cannot be changed.")
        template_rules.check_content(merged)
        with self._store.tx():
            self._store.run(
                "update wa_template set category = ?, parameter_format = ?, components = ?, status = 'PENDING',"
                " reason = 'NONE' where id = ?",
                merged["category"],
                merged["parameter_format"],
                json.dumps(merged["components"]),
                row["id"],
            )
            self._review(row["id"])
            self._changed(row["waba_id"])

    def delete(self, waba_id: str, name: str, template_id: str | None) -> None:
        """By name all languages, with the id one. Raises GraphError when there is none."""
        gone = [
            one
            for one in self.all_of(waba_id)
            if one["name"] == name and (template_id is None or one["id"] == template_id)
        ]
        if not gone:
            raise template_rules.refusal(2593002, "Template not found", f"The template {name} does not exist.")
        with self._store.tx():
            for row in gone:
                self._disarm(row["id"])
                self._store.run(
                    "update wa_template set status = 'DELETED', judged_at = ? where id = ?", time.time(), row["id"]
                )
            self._changed(waba_id)

    def _changed(self, waba_id: str) -> None:
        """The pages' lists are not as they were."""
        self._store.after_commit(lambda: self._core.hub.notice({"type": "templates", "waba_id": waba_id}))

    # judging

    def _review(self, template_id: str) -> None:
        self._store.run("update wa_template set judged_at = ? where id = ?", time.time() + self.review_s, template_id)
        self._store.after_commit(lambda: self._arm(template_id, self.review_s))

    def _arm(self, template_id: str, delay_s: float) -> None:
        self._disarm(template_id)
        self._timers[template_id] = asyncio.get_running_loop().call_later(delay_s, self._judge, template_id)

    def _disarm(self, template_id: str) -> None:
        timer = self._timers.pop(template_id, None)
        if timer is not None:
            timer.cancel()

    def _judge(self, template_id: str) -> None:
        self._timers.pop(template_id, None)
        row = self.find(template_id)
        if row is not None and row["status"] == "PENDING":
            self.change(row, self.verdict)

    def change(self, row: Row, wish: Json) -> None:
        """What Meta does to a template by itself: `status` with a `reason`, `quality`, `category`; each with its webhook."""
        self._disarm(row["id"])
        told: list[tuple[str, Json]] = []
        head: Json = {
            "message_template_id": int(row["id"]),
            "message_template_name": row["name"],
            "message_template_language": row["language"],
        }
        with self._store.tx():
            if wish.get("status"):
                reason = str(wish.get("reason") or "NONE")
                self._store.run(
                    "update wa_template set status = ?, reason = ? where id = ?", wish["status"], reason, row["id"]
                )
                value: Json = {"event": wish["status"], **head, "reason": reason}
                if wish["status"] in _PAUSES:
                    value["other_info"] = {"title": "FIRST_PAUSE", "description": "Low quality."}
                told.append(("message_template_status_update", value))
            if wish.get("quality"):
                self._store.run("update wa_template set quality = ? where id = ?", wish["quality"], row["id"])
                scores = {"previous_quality_score": row["quality"], "new_quality_score": wish["quality"]}
                told.append(("message_template_quality_update", head | scores))
            if wish.get("category"):
                self._store.run("update wa_template set category = ? where id = ?", wish["category"], row["id"])
                categories = {"previous_category": row["category"], "new_category": wish["category"]}
                told.append(("template_category_update", head | categories))
            self._tell(row["waba_id"], row["name"], told)
            self._changed(row["waba_id"])

    def _tell(self, waba_id: str, name: str, told: list[tuple[str, Json]]) -> None:
        number = next(self._accounts.of_waba(waba_id), None)
        url = None if number is None else self._subscriptions.url_for(number)
        if number is None or url is None:
            return
        for field, value in told:
            body = {
                "object": "whatsapp_business_account",
                "entry": [{"id": waba_id, "time": int(time.time()), "changes": [{"field": field, "value": value}]}],
            }
            webhook = Webhook(
                provider=KIND,
                account=number.phone_number_id,
                url=url,
                body=payloads.encode(body),
                lane=f"{KIND}:{waba_id}",
                label=field,
                about=name,
                events=({"type": "other", "id": name},),
            )
            self._core.dispatcher.add([webhook])


def node(row: Row) -> dict[str, Any]:
    """A template as the Graph API gives it, with every field."""
    return {
        "id": row["id"],
        "name": row["name"],
        "language": row["language"],
        "status": row["status"],
        "category": row["category"],
        "parameter_format": row["parameter_format"],
        "components": json.loads(row["components"]),
        "quality_score": {"score": row["quality"], "date": int(row["at"])},
        "rejected_reason": row["reason"],
        "previous_category": None,
        "correct_category": None,
        "sub_category": None,
        "library_template_name": None,
        "message_send_ttl_seconds": None,
        "cta_url_link_tracking_opted_out": None,
        "degrees_of_freedom_spec": None,
        "creation_time": None,
        "last_updated_time": None,
    }
