"""The Graph API's edges about templates, and the resumable upload that their samples come by."""

from __future__ import annotations

import base64
import secrets
import time
from typing import Any
from urllib.parse import parse_qs

from invekto_sandbox.whatsapp_cloud import nodes
from invekto_sandbox.whatsapp_cloud.cloud import WhatsAppCloud
from invekto_sandbox.whatsapp_cloud.errors import GraphError, no_such_object
from invekto_sandbox.whatsapp_cloud.graph_call import Call, json_body
from invekto_sandbox.whatsapp_cloud.media import LIMITS, base_mime, kind_of
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.templates import MOST, node

_STANDARD = ("name", "parameter_format", "components", "language", "status", "category", "id")
_FILTERS = ("name", "status", "category", "language")


class TemplateEdges:
    def __init__(self, cloud: WhatsAppCloud) -> None:
        self._cloud = cloud
        self._templates = cloud.templates
        self._store = cloud.core.store

    async def of_account(self, call: Call) -> Json:
        """`/{waba}/message_templates`."""
        call.label = f"{call.method} /message_templates"
        if call.method == "GET":
            return self._list(call)
        if call.method == "DELETE":
            call.about = call.param("name") or ""
            if not call.about:
                raise GraphError.missing("name")
            self._templates.delete(call.waba_id, call.about, call.param("hsm_id"))
            return {"success": True}
        body = await json_body(call)
        call.about = str(body.get("name", ""))
        row = self._templates.create(call.waba_id, body)
        return {"id": row["id"], "status": row["status"], "category": row["category"]}

    async def of_template(self, call: Call, template_id: str) -> Json | None:
        """`/{template_id}`; None when it is no template of this account."""
        row = self._templates.find(template_id)
        if row is None or row["waba_id"] != call.waba_id or row["status"] == "DELETED":
            return None
        call.label, call.about = f"{call.method} /message_template", row["name"]
        if call.method == "GET":
            return nodes.chosen(node(row), call.param("fields"), _STANDARD)
        if call.method != "POST":
            raise no_such_object(template_id, call.method)
        self._templates.edit(row, await json_body(call))
        return {"success": True, "id": row["id"], "name": row["name"], "category": row["category"]}

    def _list(self, call: Call) -> Json:
        wanted = {name: call.param(name) for name in _FILTERS if call.param(name)}
        rows = [
            one
            for one in self._templates.all_of(call.waba_id)
            if all(str(value) in one[name] if name == "name" else one[name] == value for name, value in wanted.items())
        ]
        limit = int(call.param("limit") or 25)
        after = call.param("after")
        start = _place(after) if after else 0
        page = rows[start : start + limit]
        answer: Json = {"data": [nodes.chosen(node(one), call.param("fields"), _STANDARD) for one in page]}
        if call.param("summary"):
            answer["summary"] = {
                "total_count": len(rows),
                "message_template_count": len(self._templates.all_of(call.waba_id)),
                "message_template_limit": MOST,
                "are_translations_complete": True,
            }
        if page:
            end = start + len(page)
            answer["paging"] = {"cursors": {"before": _cursor(start), "after": _cursor(end)}}
            if end < len(rows):
                url = call.request.url.include_query_params(after=_cursor(end))
                answer["paging"]["next"] = str(url)
        return answer

    # a sample's file

    def begin_upload(self, call: Call) -> Json:
        """`POST /{app}/uploads`."""
        call.label = "POST /uploads"
        mime, length = base_mime(call.param("file_type") or ""), call.param("file_length") or ""
        kind = kind_of(mime)
        if kind is None or not length.isdigit():
            raise GraphError(100, "Param file_type or file_length is not valid.")
        if int(length) > LIMITS[kind]:
            raise GraphError(100, "Param file_length is too large.")
        upload_id = "upload:" + base64.urlsafe_b64encode(secrets.token_bytes(24)).decode().rstrip("=")
        self._store.run("insert into wa_upload values (?, ?, ?, null, ?)", upload_id, mime, int(length), time.time())
        return {"id": f"{upload_id}?sig={secrets.token_urlsafe(8)}"}

    async def upload(self, call: Call, upload_id: str) -> Json:
        """`/upload:...`: the bytes, or how far they are."""
        call.label = f"{call.method} /upload"
        row = self._store.one("select * from wa_upload where id = ?", upload_id)
        if row is None:
            raise no_such_object(upload_id, call.method)
        if call.method == "GET":
            return {"id": upload_id, "file_offset": 0 if row["handle"] is None else row["size"]}
        if call.request.headers.get("file_offset") != "0":
            raise GraphError(100, "The header file_offset must be 0.")
        content = await call.request.body()
        if len(content) != row["size"]:
            raise GraphError(100, f"{row['size']} bytes were announced, {len(content)} came.")
        handle = f"4::{base64.b64encode(row['mime'].encode()).decode()}:{secrets.token_urlsafe(24)}"
        self._store.run("update wa_upload set handle = ? where id = ?", handle, upload_id)
        return {"h": handle}


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"at={place}".encode()).decode().rstrip("=")


def _place(cursor: str) -> int:
    try:
        query: Any = parse_qs(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
        return int(query["at"][0])
    except (ValueError, KeyError):
        raise GraphError(100, "Param after is not a valid cursor.") from None
