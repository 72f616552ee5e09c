"""The hand-written lists: which routers there are, which routes are public, who wants which event.

Nothing is found by scanning, so this page is the whole product at a glance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from fastapi import APIRouter

import invekto.accounts.routes
import invekto.channels.routes
import invekto.channels.routes_manage
import invekto.contacts.routes
import invekto.conversations.routes
import invekto.conversations.routes_canned
import invekto.conversations.routes_contacts
import invekto.conversations.routes_find
import invekto.conversations.routes_first
import invekto.conversations.routes_health
import invekto.conversations.routes_media
import invekto.conversations.routes_messages
import invekto.conversations.routes_sending
import invekto.conversations.routes_templates
import invekto.search.routes
import invekto.templates.routes
from invekto.channels.adapter import Part, TemplateUpdated
from invekto.channels.events import ChannelConnected, ChannelParentFound
from invekto.conversations.notices import Subscriber
from invekto.kernel.events import Event, Subscription, Subscriptions
from invekto.templates.sync import apply_updates, sync_job

ROUTERS: Final[tuple[APIRouter, ...]] = (
    invekto.accounts.routes.router,
    invekto.channels.routes.router,
    invekto.channels.routes_manage.router,
    invekto.contacts.routes.router,
    invekto.conversations.routes.router,
    invekto.conversations.routes_health.router,
    invekto.conversations.routes_find.router,
    invekto.conversations.routes_messages.router,
    invekto.conversations.routes_contacts.router,
    invekto.conversations.routes_sending.router,
    invekto.conversations.routes_media.router,
    invekto.templates.routes.router,
    invekto.conversations.routes_templates.router,
    invekto.conversations.routes_canned.router,
    invekto.conversations.routes_first.router,
    invekto.search.routes.router,
)

# Everything else asks for a permission by `kernel.auth.requires`; tests/architecture walks all routes against this.
PUBLIC_ROUTES: Final[frozenset[tuple[str, str]]] = frozenset(
    {
        ("POST", "/api/v1/session"),  # this is how one gets a session
    }
)


def subscriptions() -> Subscriptions:
    """Who wants which event."""
    found = Subscriptions()
    found.add(
        *(
            Subscription(
                kind=kind,
                wants=lambda _tenant_id, event: event.entity_id is not None,
                job=lambda _tenant_id, event: sync_job(_named(event)),
            )
            for kind in (ChannelConnected.kind, ChannelParentFound.kind)
        )
    )
    return found


def notice_subscribers() -> Mapping[type[Part], Subscriber]:
    """Who wants what providers say of accounts, by the type of the event; the rest is kept as `provider_event`."""
    return {TemplateUpdated: apply_updates}


def _named(event: Event) -> UUID:
    assert event.entity_id is not None, "whoever wants it has looked"
    return event.entity_id
