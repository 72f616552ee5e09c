"""What `POST /{phone}/messages` accepts: Meta's required keys, lengths and counts. Raises GraphError, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from invekto_sandbox.whatsapp_cloud.errors import GraphError
from invekto_sandbox.whatsapp_cloud.payloads import Json

MEDIA_KEYS: Mapping[str, frozenset[str]] = {
    "image": frozenset({"id", "link", "caption"}),
    "video": frozenset({"id", "link", "caption"}),
    "audio": frozenset({"id", "link", "voice"}),
    "document": frozenset({"id", "link", "caption", "filename"}),
    "sticker": frozenset({"id", "link"}),
}
_INBOUND_ONLY = frozenset({"order", "system", "button", "edit", "revoke", "unsupported", "request_welcome"})
_INTERACTIVE = frozenset(
    {
        "button", "list", "cta_url", "flow", "location_request_message", "product", "product_list", "catalog_message",
        "carousel", "voice_call", "call_permission_request", "request_contact_info", "address_message",
    }
)  # fmt: skip


def _text(value: Any, path: str, most: int, *, required: bool = True) -> None:
    if value is None and not required:
        return
    if value is None:
        raise GraphError(131008, f"{path} is required")
    if not isinstance(value, str):
        raise GraphError(100, f"Param {path} must be a string.")
    if not value.strip():
        raise GraphError(100, f"Param {path} cannot be an empty string")
    if len(value) > most:
        raise GraphError(100, f"Param {path} must be at most {most} characters long.")


def _object(value: Any, path: str) -> Json:
    if value is None:
        raise GraphError(131008, f"{path} is required")
    if not isinstance(value, dict):
        raise GraphError(100, f"Param {path} must be a JSON object.")
    return value


def _list(value: Any, path: str, low: int, high: int) -> list[Any]:
    if value is None:
        raise GraphError(131008, f"{path} is required")
    if not isinstance(value, list):
        raise GraphError(100, f"Param {path} must be an array.")
    if not low <= len(value) <= high:
        raise GraphError(131009, f"{path} must have between {low} and {high} elements")
    return value


def _check_text(content: Json) -> None:
    _text(content.get("body"), "text['body']", 4096)


def _check_media(kind: str) -> Callable[[Json], None]:
    def check(content: Json) -> None:
        extra = content.keys() - MEDIA_KEYS[kind]
        if extra:
            raise GraphError(100, f'Unexpected key "{min(extra)}" on param "{kind}".')
        given = [key for key in ("id", "link") if content.get(key)]
        if len(given) != 1:
            raise GraphError(131008, f"{kind}: exactly one of id and link is required")
        if given == ["link"] and not str(content["link"]).startswith(("http://", "https://")):
            raise GraphError(131009, f"Param {kind}['link'] is not a valid URI.")
        _text(content.get("caption"), f"{kind}['caption']", 1024, required=False)
        _text(content.get("filename"), f"{kind}['filename']", 240, required=False)

    return check


def _check_location(content: Json) -> None:
    for key, bound in (("latitude", 90), ("longitude", 180)):
        try:
            value = float(content[key])
        except KeyError:
            raise GraphError(131008, f"location['{key}'] is required") from None
        except (TypeError, ValueError):
            raise GraphError(100, f"Param location['{key}'] must be a number.") from None
        if not -bound <= value <= bound:
            raise GraphError(131009, f"location['{key}'] must be between -{bound} and {bound}")


def _check_reaction(content: Json) -> None:
    _text(content.get("message_id"), "reaction['message_id']", 512)
    if not isinstance(content.get("emoji", ""), str) or len(content.get("emoji", "")) > 16:
        raise GraphError(131009, "reaction['emoji'] must be one emoji or empty")


def _check_interactive(content: Json) -> None:
    kind = content.get("type")
    if kind not in _INTERACTIVE:
        raise GraphError(131009, f"interactive['type'] must be one of {', '.join(sorted(_INTERACTIVE))}")
    if kind not in ("product", "catalog_message"):
        body = _object(content.get("body"), "interactive['body']")
        _text(body.get("text"), "interactive['body']['text']", 4096 if kind == "list" else 1024)
    if content.get("footer") is not None:
        _text(_object(content["footer"], "interactive['footer']").get("text"), "interactive['footer']['text']", 60)
    _check_header(kind, content.get("header"))
    if kind == "request_contact_info":
        return
    action = _object(content.get("action"), "interactive['action']")
    if kind == "button":
        ids, titles = set(), set()
        for button in _list(action.get("buttons"), "interactive['action']['buttons']", 1, 3):
            reply = _object(_object(button, "button").get("reply"), "button['reply']")
            _text(reply.get("id"), "button['reply']['id']", 256)
            _text(reply.get("title"), "button['reply']['title']", 20)
            ids.add(reply["id"])
            titles.add(reply["title"])
        if min(len(ids), len(titles)) != len(action["buttons"]):
            raise GraphError(131009, "Duplicated id or title found in the buttons")
    elif kind == "list":
        _check_list(action)
    elif kind == "location_request_message":
        _named(action, "send_location")
    elif kind == "cta_url":
        _named(action, "cta_url")
        parameters = _object(action.get("parameters"), "interactive['action']['parameters']")
        _text(parameters.get("display_text"), "parameters['display_text']", 20)
        _text(parameters.get("url"), "parameters['url']", 2000)
        if not _is_url(parameters["url"]):
            raise GraphError(131009, "parameters['url'] is not a valid URI.")


def _check_header(kind: str, header: Any) -> None:
    if header is None:
        return
    type_ = _object(header, "interactive['header']").get("type")
    if kind == "location_request_message":
        raise GraphError(100, 'Unexpected key "header" on param "interactive".')
    if kind == "list" and type_ != "text":
        raise GraphError(131009, "interactive['header']['type'] must be one of {text}")
    if type_ == "text":
        _text(header.get("text"), "interactive['header']['text']", 60)
    elif type_ in ("image", "video", "document"):
        _CHECKS[type_](_object(header.get(type_), f"interactive['header']['{type_}']"))
    else:
        raise GraphError(131009, "interactive['header']['type'] must be one of {text, image, video, document}")


def _named(action: Json, name: str) -> None:
    if action.get("name") != name:
        raise GraphError(131009, f"interactive['action']['name'] must be one of {{{name}}}")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _check_list(action: Json) -> None:
    _text(action.get("button"), "interactive['action']['button']", 20)
    rows, ids = 0, set()
    sections = _list(action.get("sections"), "interactive['action']['sections']", 1, 10)
    for section in sections:
        _text(_object(section, "section").get("title"), "section['title']", 24, required=len(sections) > 1)
        for row in _list(section.get("rows"), "section['rows']", 1, 10):
            _text(_object(row, "row").get("id"), "row['id']", 200)
            _text(row.get("title"), "row['title']", 24)
            _text(row.get("description"), "row['description']", 72, required=False)
            ids.add(row["id"])
            rows += 1
    if rows > 10:
        raise GraphError(131009, f"Total row count exceed max allowed count: 10, got {rows}")
    if len(ids) != rows:
        raise GraphError(131009, "Duplicated row id found in the sections")


def _check_template(content: Json) -> None:
    _text(content.get("name"), "template['name']", 512)
    _text(_object(content.get("language"), "template['language']").get("code"), "template['language']['code']", 20)
    components = content.get("components", [])
    if not isinstance(components, list) or any(not isinstance(one, dict) for one in components):
        raise GraphError(100, "Param template['components'] must be an array of objects.")


def _check_contacts(content: Any) -> None:
    for contact in _list(content, "contacts", 1, 257):
        name = _object(_object(contact, "contact").get("name"), "contact['name']")
        _text(name.get("formatted_name"), "contact['name']['formatted_name']", 1024)
        if not any(name.get(part) for part in ("first_name", "last_name", "middle_name", "suffix", "prefix")):
            raise GraphError(131009, "contact['name'] needs another part beside formatted_name")
        for phone in contact.get("phones", []):
            _text(_object(phone, "phone").get("phone"), "phone['phone']", 100, required=False)


_CHECKS: Mapping[str, Callable[[Json], None]] = {
    "text": _check_text,
    **{kind: _check_media(kind) for kind in MEDIA_KEYS},
    "location": _check_location,
    "reaction": _check_reaction,
    "interactive": _check_interactive,
    "template": _check_template,
}


def check_content(body: Json) -> tuple[str, Any]:
    """Gives (type, content) of an acceptable message."""
    type_ = body.get("type", "text")
    if type_ in _INBOUND_ONLY:
        raise GraphError(131051)
    if not isinstance(type_, str) or (type_ not in _CHECKS and type_ != "contacts"):
        names = ", ".join(sorted({*(name.upper() for name in _CHECKS), "CONTACTS"}))
        error = GraphError(100)
        error.title = f'Param type must be one of {{{names}}} - got "{type_}".'
        raise error
    content = body.get(type_)
    if type_ == "contacts":
        _check_contacts(content)
        return type_, content
    checked = _object(content, type_)
    _CHECKS[type_](checked)
    return type_, checked
