"""Script in whatever somebody can type, on the screen; and secrets in whatever a desk writes down (A26, A39).

Here because a desk runs here anyway: its logs and its database hold what all stories before this one have left.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.desk import PASSWORD, Desk, wait_until
from tests.journeys.conftest import DESKTOP, new_context, sign_in

MARK = "hos7il"
SCRIPT = f'<img src=x onerror="window.pwned=1">{MARK}<script>window.pwned=1</script>'
LINK = f"javascript:window.pwned=1//{MARK}"
PHONE = "905550207777"
WRONG = {
    "password": "yanlis-parola-9Zq4",
    "malformed": "bozuk-parola-7Kx2",
    "token": "EAAtest0wrong0token0of0nobody0here",
    "secret": "5ecret0of0an0app0that0is0nobodys",
}
FILE = base64.b64encode(b"%PDF-1.4 " + MARK.encode()).decode()


def customers_messages() -> list[dict[str, Any]]:
    """Every kind that a customer's phone can send, hostile wherever it holds a text."""
    return [
        {"text": f"{SCRIPT} {LINK} https://example.com/?q={SCRIPT} [x]({LINK}) *{SCRIPT}* `{SCRIPT}`"},
        {"file": {"base64": FILE, "mime": "application/pdf", "filename": f"{SCRIPT}.pdf", "caption": SCRIPT}},
        {"type": "location", "location": {"latitude": 41, "longitude": 29, "name": SCRIPT, "address": SCRIPT, "url": LINK}},
        {
            "type": "contacts",
            "contacts": [
                {
                    "name": {"formatted_name": SCRIPT, "first_name": SCRIPT},
                    "phones": [{"phone": SCRIPT, "wa_id": LINK}],
                    "emails": [{"email": LINK}],
                    "urls": [{"url": LINK}],
                    "org": {"company": SCRIPT},
                }
            ],
        },
        {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": SCRIPT, "title": SCRIPT}}},
        {"type": "button", "button": {"text": SCRIPT, "payload": SCRIPT}},
        {"type": LINK, LINK: {"body": SCRIPT}},
    ]  # fmt: skip


@pytest.fixture(scope="module")
def talk(desk: Desk) -> str:
    """A conversation in which both sides have tried."""
    who = {"name": SCRIPT, "phone": PHONE}
    with desk.customer() as control:
        for message in customers_messages():
            answer = control.post("/whatsapp_cloud/say", json={"customer": who, **message, "wait": True})
            assert answer.status_code in (201, 400, 422), answer.text
    query = (
        "select c.id::text as id, c.last_seq from conversation c"
        " join contact p on (p.tenant_id, p.id) = (c.tenant_id, c.contact_id) where p.name like $1"
    )
    found = wait_until(
        lambda: [row for row in desk.rows(query, f"%{MARK}%") if row["last_seq"] >= 4], "what came is stored"
    )
    conversation: str = found[0]["id"]
    with desk.signed_in("supervisor") as boss:
        client = Signed(boss, desk)
        tag = client.post("/tags", {"name": SCRIPT[:60], "color": "red"})
        client.put(f"/conversations/{conversation}/tags", {"tag_ids": [tag["id"]]})
        client.post(f"/conversations/{conversation}/messages", {"type": "note", "text": f"{SCRIPT} {LINK}"})
        client.post(f"/conversations/{conversation}/messages", {"type": "text", "text": f"{SCRIPT} {LINK}"})
        client.post(
            "/canned-replies", {"shortcut": MARK, "title": SCRIPT[:60], "folder": SCRIPT[:60], "texts": {"tr": SCRIPT}}
        )
    return conversation


class Signed:
    def __init__(self, client: httpx.Client, desk: Desk) -> None:
        self._client = client
        self._headers = {"Origin": desk.url}
        self._keys = iter(range(1000))

    def post(self, path: str, body: Any) -> Any:
        headers = {**self._headers, "Idempotency-Key": f"{MARK} {next(self._keys)}"}
        answer = self._client.post(f"/api/v1{path}", json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def put(self, path: str, body: Any) -> Any:
        answer = self._client.put(f"/api/v1{path}", json=body, headers=self._headers)
        assert answer.status_code < 300, answer.text
        return answer.json()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Page]:
    """A page that remembers every dialog, every refusal by its policy and every error."""
    context = new_context(browser, size=DESKTOP)
    context.add_init_script(
        "window.refused = []; addEventListener('securitypolicyviolation', e => window.refused.push(e.violatedDirective))"
    )
    page = context.new_page()
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    yield page
    context.close()
    assert dialogs == []


@pytest.mark.attack("A26")
def test_script_in_anything_that_was_typed_is_text_on_the_screen(watched: Page, desk: Desk, talk: str) -> None:
    """List, thread, contact panel, tags, canned replies: shown as it is, no element made of it, no address that runs."""
    page = watched
    sign_in(page, desk, "supervisor")
    for path in (f"/inbox/all/{talk}", "/canned-replies", "/templates", "/channels"):
        page.goto(f"{desk.url}{path}")
        if path != "/templates" and path != "/channels":
            expect(page.get_by_text(re.compile(MARK)).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.pwned") is None, path
        assert page.evaluate("window.refused.filter(x => x.startsWith('script'))") == [], path
        made = page.evaluate("document.querySelectorAll('img[src=\"x\"], [onerror], [onload], main script').length")
        assert made == 0, path
        links = page.evaluate(
            "[...document.querySelectorAll('a[href], area[href], form[action]')].map(a => a.href || a.action)"
        )
        assert [link for link in links if not re.match(r"(https?|blob|mailto|tel):", link)] == [], path
    page.goto(f"{desk.url}/inbox/all/{talk}")
    message = page.get_by_test_id("message").filter(has_text=MARK)
    expect(message.first).to_be_visible()
    assert message.count() >= 2, "the list draws what is in view"
    assert '<img src=x onerror="window.pwned=1">' in page.get_by_role("log").inner_text()


@pytest.mark.attack("A39")
def test_the_browser_keeps_no_secret_where_script_could_read_it(watched: Page, desk: Desk) -> None:
    page = watched
    sign_in(page, desk, "supervisor")
    (cookie,) = (one for one in page.context.cookies() if one["name"] == "invekto_session")
    assert cookie["httpOnly"]
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])")
    for secret in (cookie["value"], cookie["value"].partition(".")[2], PASSWORD):
        assert secret not in kept
        assert secret not in page.content()


def secrets_of(desk: Desk) -> dict[str, str]:
    """What this desk knows and must keep to itself, by what it is."""
    provider = desk.sandbox_info()
    environment = desk.env()
    found = {
        "app secret": provider["app_secret"],
        "verify token": provider["verify_token"],
        "password": PASSWORD,
        "app's database password": str(httpx.URL(environment["DATABASE_URL"]).password),
        "owner's database password": str(httpx.URL(environment["INVEKTO_ADMIN_DATABASE_URL"]).password),
        "secret key": (desk.data / "secret.key").read_text().strip(),
        **{f"typed {name}": value for name, value in WRONG.items()},
    }
    found |= {f"token {number['phone_number_id']}": number["access_token"] for number in provider["numbers"]}
    return {name: value for name, value in found.items() if value}


def everything_refused(desk: Desk) -> list[str]:
    """Sign-ins, connections and webhooks that fail, each with something secret in it. The tokens of two sessions."""
    tokens = []
    headers = {"Origin": desk.url}
    with httpx.Client(base_url=desk.url, headers=headers) as stranger:
        given = {"firm": "demo", "user": "agent2", "password": WRONG["password"]}
        assert stranger.post("/api/v1/session", json=given).status_code == 401
        malformed = {**given, "password": WRONG["malformed"], "user": None}
        assert WRONG["malformed"] not in stranger.post("/api/v1/session", json=malformed).text
        broken = json.dumps({**given, "password": WRONG["malformed"]})[:-1].encode()
        assert WRONG["malformed"] not in stranger.post("/api/v1/session", content=broken).text
        stranger.get(
            f"/api/v1/session?password={WRONG['password']}", headers={"Authorization": f"Bearer {WRONG['token']}"}
        )
        forged = {"X-Hub-Signature-256": "sha256=" + "0" * 64}
        stranger.post("/hooks/whatsapp_cloud", content=WRONG["token"].encode(), headers=forged)
        stranger.get(
            "/hooks/whatsapp_cloud",
            params={"hub.mode": "subscribe", "hub.verify_token": WRONG["secret"], "hub.challenge": "1"},
        )
    for _ in range(2):
        with desk.signed_in("supervisor") as boss:
            tokens.append(boss.cookies["invekto_session"].partition(".")[2])
            number = desk.sandbox_info()["numbers"][0]
            credentials = {
                "access_token": WRONG["token"],
                "phone_number_id": number["phone_number_id"],
                "waba_id": number["waba_id"],
            }
            for body in (
                {"kind": "whatsapp_cloud", "credentials": credentials, "app": {"app_secret": WRONG["secret"]}},
                {"kind": "whatsapp_cloud", "credentials": {**credentials, "phone_number_id": None}},
            ):
                answer = boss.post("/api/v1/channels", json=body, headers=headers)
                assert answer.status_code >= 400
                assert WRONG["token"] not in answer.text
                assert WRONG["secret"] not in answer.text
    return tokens


def written_down(desk: Desk) -> Iterator[tuple[str, str]]:
    """Every log of the product and its database server, every row as text, every command line."""
    logs = [path for path in desk.folder.rglob("*.log*") if path.is_file() and path.name != "sandbox.log"]
    assert {"web.log", "worker.log", "server.log"} <= {path.name for path in logs}
    for path in logs:
        yield str(path.relative_to(desk.folder)), path.read_text(errors="replace")
    tables = desk.rows(
        "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
    )
    for table in tables:
        rows = desk.rows(f'select t::text as row from "{table["name"]}" t')
        yield f"table {table['name']}", "\n".join(row["row"] for row in rows)
    for name, process in desk.running.items():
        yield f"command line of {name}", Path(f"/proc/{process.pid}/cmdline").read_text()


@pytest.mark.attack("A39")
def test_no_secret_is_written_down_anywhere(desk: Desk, talk: str) -> None:
    """Passwords, tokens and secrets that worked, and those that were typed and did not; also as bytes."""
    tokens = everything_refused(desk)
    secrets = {**secrets_of(desk), **{f"session {number}": token for number, token in enumerate(tokens)}}
    assert len(secrets) > 10
    places = 0
    for place, text in written_down(desk):
        found = [name for name, secret in secrets.items() if secret in text or secret.encode().hex() in text]
        assert found == [], place
        places += 1
    assert places > 30
    assert talk
