"""What every provider app is given: one store, one log, one queue of webhooks, one fault menu."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from invekto_sandbox.eventlog import EventLog
from invekto_sandbox.faults import Faults
from invekto_sandbox.ledger import Ledger
from invekto_sandbox.live import Hub
from invekto_sandbox.settings import Settings
from invekto_sandbox.store import Store
from invekto_sandbox.webhooks import Dispatcher
from invekto_sandbox.wire import Wire


@dataclass(frozen=True, slots=True)
class Core:
    settings: Settings
    store: Store
    wire: Wire
    log: EventLog
    ledger: Ledger
    faults: Faults
    hub: Hub
    dispatcher: Dispatcher

    @classmethod
    def open(cls, settings: Settings, tables: Sequence[str]) -> Core:
        """Needs a running event loop. `tables` are the providers' own."""
        settings.folder.mkdir(parents=True, exist_ok=True)
        store = Store(settings.folder / "sandbox.db", tables)
        wire, log, hub = Wire(), EventLog(), Hub(settings.grace_s)
        ledger = Ledger(settings.folder / "ledger.jsonl" if settings.ledger else None)
        faults = Faults(store)
        log.on_entry = hub.logged
        log.on_waiting = hub.wake
        dispatcher = Dispatcher(settings, store, wire, log, ledger, faults)
        hub.waiting = dispatcher.waiting
        return cls(settings, store, wire, log, ledger, faults, hub, dispatcher)

    async def close(self) -> None:
        self.hub.close()
        await self.dispatcher.close()
        self.wire.close()
        self.ledger.close()
        self.store.close()
