"""What the Graph API says about numbers, accounts and tokens: read-only objects with `fields`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from invekto_sandbox.whatsapp_cloud.accounts import Number
from invekto_sandbox.whatsapp_cloud.cloud import WhatsAppCloud
from invekto_sandbox.whatsapp_cloud.errors import GraphError
from invekto_sandbox.whatsapp_cloud.payloads import Json

_SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]


def chosen(node: Json, fields: str | None, standard: tuple[str, ...]) -> Json:
    """The asked fields, or the standard ones; a nested selection (`a{b}`) gives the whole of `a`."""
    if not fields:
        return {name: node[name] for name in standard}
    picked: Json = {"id": node["id"]}
    for field in _split(fields):
        if field not in node:
            error = GraphError(100)
            error.title = f"Tried accessing nonexisting field ({field})"
            raise error
        if node[field] is not None:
            picked[field] = node[field]
    return picked


def _split(fields: str) -> list[str]:
    names, depth = [""], 0
    for char in fields:
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            names.append("")
        elif depth == 0 and char != "}":
            names[-1] += char
    return [name.strip() for name in names if name.strip()]


def number(cloud: WhatsAppCloud, one: Number, fields: str | None) -> Json:
    webhooks = {"application": cloud.subscriptions.app_url}
    for key, object_id in (("whatsapp_business_account", one.waba_id), ("phone_number", one.phone_number_id)):
        override = cloud.subscriptions.override(object_id)
        if override is not None:
            webhooks[key] = override
    node: Json = {
        "id": one.phone_number_id,
        "verified_name": one.name,
        "display_phone_number": one.display_phone_number,
        "quality_rating": "GREEN",
        "quality_score": {"score": "GREEN"},
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "new_name_status": "NONE",
        "status": "CONNECTED" if cloud.onboarding.registered(one) else "DISCONNECTED",
        "account_mode": "SANDBOX",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "is_official_business_account": False,
        "is_pin_enabled": True,
        "is_preverified_number": False,
        "is_on_biz_app": cloud.onboarding.mode(one) == "coexistence",
        "search_visibility": "NON_VISIBLE",
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "health_status": {"can_send_message": "AVAILABLE", "entities": []},
        "webhook_configuration": {key: value for key, value in webhooks.items() if value},
        "country_code": "TR",
        "country_dial_code": "90",
        "conversational_automation": None,
        "eligibility_for_api_business_global_search": "NON_ELIGIBLE_UNDEFINED_COUNTRY",
        "certificate": None,
        "new_certificate": None,
        "last_onboarded_time": None,
    }
    return chosen(
        node,
        fields,
        (
            "verified_name",
            "code_verification_status",
            "display_phone_number",
            "quality_rating",
            "platform_type",
            "throughput",
            "webhook_configuration",
            "id",
        ),
    )


def waba(cloud: WhatsAppCloud, waba_id: str, fields: str | None) -> Json:
    name = next(one.name for one in cloud.accounts.of_waba(waba_id))
    node: Json = {
        "id": waba_id,
        "name": name,
        "timezone_id": "134",
        "currency": "TRY",
        "country": "TR",
        "message_template_namespace": waba_id,
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
        "status": "ACTIVE",
        "ownership_type": "CLIENT_OWNED",
    }
    return chosen(node, fields, ("id", "name", "timezone_id", "message_template_namespace"))


def phone_numbers(cloud: WhatsAppCloud, waba_id: str, fields: str | None) -> Json:
    data = [number(cloud, one, fields) for one in cloud.accounts.of_waba(waba_id)]
    return {"data": data, "paging": {"cursors": {"before": "MQZDZD", "after": "MQZDZD"}}}


def debug_token(cloud: WhatsAppCloud, token: str, input_token: str) -> Json:
    """Anybody's valid token may ask, as may the app's own."""
    accounts = cloud.accounts
    if not accounts.is_app_token(token) and accounts.waba_of_token(token) is None:
        raise accounts.token_problem(token) or GraphError(190)
    waba_id = accounts.waba_of_token(input_token)
    issued = accounts.issued(input_token)
    scopes = list(_SCOPES if issued is None else issued.scopes)
    if waba_id is None:
        problem = accounts.token_problem(input_token) or GraphError(190)
        data: Json = {
            "error": {"code": 190, "message": problem.title, "subcode": problem.subcode},
            "is_valid": False,
            "scopes": [],
        }
    else:
        data = {
            "app_id": accounts.app_id,
            "type": "SYSTEM_USER",
            "application": "Invekto sandbox",
            "expires_at": 0 if issued is None else int(issued.expires_at or 0),
            "is_valid": True,
            "issued_at": int(time.time()),
            "scopes": scopes,
            "granular_scopes": [{"scope": scope, "target_ids": [waba_id]} for scope in scopes],
        }
    return {"data": data}


def oauth_token(cloud: WhatsAppCloud, query: Mapping[str, Any]) -> Json:
    """The app's own token, or a business token for a code of the sign-up dialog."""
    accounts = cloud.accounts
    token = f"{query.get('client_id')}|{query.get('client_secret')}"
    if query.get("code") and accounts.is_app_token(token):
        return cloud.onboarding.exchange(str(query["code"]), str(query.get("redirect_uri") or ""))
    if query.get("grant_type") != "client_credentials" or not accounts.is_app_token(token):
        raise GraphError(100, "Error validating client secret.")
    return {"access_token": token, "token_type": "bearer"}
