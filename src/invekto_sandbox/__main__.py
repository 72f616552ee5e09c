"""`python -m invekto_sandbox`: runs the sandbox, or prints its addresses and secrets (`info --json`)."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop

from invekto_sandbox.server import AlreadyRunning, info, serving
from invekto_sandbox.settings import RETRY_S, Delays, Settings


def _seconds(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(",") if part.strip())


def _delays(text: str) -> Delays:
    sent_s, delivered_s, read_s = _seconds(text)
    return Delays(sent_s, delivered_s, read_s)


def _parser() -> argparse.ArgumentParser:
    product = f"http://127.0.0.1:{os.environ.get('INVEKTO_PORT', '8000')}"
    parser = argparse.ArgumentParser(prog="invekto sandbox", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("serve", "info"), default="serve")
    parser.add_argument("--json", action="store_true", help="with info: as JSON")
    parser.add_argument("--port", type=int, default=int(os.environ.get("INVEKTO_SANDBOX_PORT", "8001")))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("INVEKTO_DATA", ".invekto")))
    parser.add_argument(
        "--webhook", default=product, help="the product's address; each provider calls /hooks/<kind> of it"
    )
    parser.add_argument("--webhook-url", help="WhatsApp Cloud's whole webhook address, if it is another")
    parser.add_argument("--web", type=Path, help="folder of the built phone page")
    parser.add_argument("--ledger", action="store_true", help="witness file for fault tests, fsynced")
    parser.add_argument("--samples", action="store_true", help="a few customers to play with, if there are none")
    parser.add_argument("--strangers", choices=("closed", "open"), default="closed",
                        help="service window of people who never wrote to the sandbox")  # fmt: skip
    parser.add_argument(
        "--retry", type=_seconds, default=RETRY_S, help="seconds before each further attempt, by commas"
    )
    parser.add_argument(
        "--webhook-timeout", type=float, default=20.0, help="seconds until a webhook counts as unanswered"
    )
    parser.add_argument("--connections", type=int, default=64, help="webhooks under way at once")
    parser.add_argument(
        "--delays", type=_delays, default=Delays(), help="seconds to sent, delivered, read: 0.15,0.6,2.5"
    )
    return parser


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serving(settings) as sandbox:
        print(f"sandbox: {sandbox.base_url}", flush=True)
        await stop.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    wish = _parser().parse_args(arguments)
    data_dir = wish.data.resolve()
    webhook_url = wish.webhook_url or f"{wish.webhook.rstrip('/')}/hooks/whatsapp_cloud"
    if wish.command == "info":
        found = info(data_dir, wish.port)
        if wish.json:
            print(json.dumps(found, indent=1))
        else:
            for kind, block in found.items():
                print(f"{kind}: {block['page_url']} webhooks -> {webhook_url}")
        return 0
    settings = Settings(
        data_dir=data_dir,
        port=wish.port,
        host=wish.host,
        webhook_url=webhook_url,
        web_dir=wish.web,
        ledger=wish.ledger,
        delays=wish.delays,
        retry_s=wish.retry,
        webhook_timeout_s=wish.webhook_timeout,
        connections=wish.connections,
        strangers=wish.strangers,
        samples=wish.samples,
    )
    try:
        uvloop.run(_serve(settings))
    except AlreadyRunning as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"sandbox: cannot use {settings.host}:{settings.port} or {settings.folder}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
