"""Connecting, reconnecting and checking numbers over REST, with the sandbox as Meta on a real port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from invekto.channels.checks import order_probes, probe_channel
from invekto.channels.connecting import sync_phone
from invekto.channels.events import ChannelParentFound
from invekto.channels.service import open_credentials, seal_credentials
from invekto.entry.wiring import subscriptions
from invekto.kernel.clock import FrozenClock, SystemClock
from invekto.kernel.db import Database
from invekto_sandbox import Delays, Sandbox, serving
from invekto_sandbox import Settings as SandboxSettings
from tests.rest import URL, Browser, Json, World, made_world, stored

CONFIG = "1"


@dataclass
class Bench:
    """A firm's supervisor at the desk, and Meta."""

    world: World
    sandbox: Sandbox
    control: httpx.AsyncClient
    boss: Browser

    @property
    def keys(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sandbox.info()["whatsapp_cloud"]
        return found

    @property
    def credentials(self) -> dict[str, str]:
        return {name: self.keys[name] for name in ("access_token", "phone_number_id", "waba_id")}

    async def paste(self, **more: Any) -> Json:
        made: Json = await self.boss.post(
            "/channels", {"kind": "whatsapp_cloud", "credentials": self.credentials, **more}
        )
        return made

    async def dialog(self, **wish: Any) -> dict[str, Any]:
        """Somebody went through the dialog to its end."""
        body = {"mode": "new_number", "redirect_uri": f"{URL}/channels/connected", **wish}
        answer = await httpx.AsyncClient(base_url=self.sandbox.base_url).post("/signup/confirm", json=body)
        done = answer.json()
        code = parse_qs(urlsplit(done["next"]).query)["code"][0]
        return {"code": code, **done["data"]}

    async def token(self, **change: Any) -> None:
        (await self.control.put("/whatsapp_cloud/tokens", json=change)).raise_for_status()

    async def check(self, channel_id: str, hop: str) -> Json:
        (found,) = (await self.boss.post(f"/channels/{channel_id}/check", {"hop": hop}))["hops"]
        assert found["message"], found
        return dict(found)


@pytest.fixture
async def bench(db: Database, clock: FrozenClock, tmp_path: Path, owner_url: str) -> AsyncIterator[Bench]:
    clock.set(SystemClock().now())
    settings = SandboxSettings(
        data_dir=tmp_path / "meta", port=0, webhook_url="http://127.0.0.1:9/hooks", delays=Delays(0, 0, 0)
    )
    async with serving(settings) as sandbox:
        keys = sandbox.info()["whatsapp_cloud"]
        given = {
            "whatsapp_cloud_url": f"{sandbox.base_url}/v26.0",
            "whatsapp_app_id": keys["app_id"],
            "whatsapp_config_id": CONFIG,
            "whatsapp_signup_url": f"{sandbox.base_url}/signup",
        }
        async with (
            made_world(db, clock, tmp_path, owner_url, app_secret=keys["app_secret"], **given) as world,
            httpx.AsyncClient(base_url=f"{sandbox.base_url}/_control") as control,
        ):
            await world.make_firm("demo")
            await world.make_firm("demo2")
            yield Bench(world, sandbox, control, await world.browser("supervisor"))


async def test_a_pasted_token_connects_the_number_under_the_name_that_meta_verified(bench: Bench) -> None:
    made = await bench.paste()
    number = bench.keys["numbers"][0]
    assert (made["channel"]["name"], made["channel"]["address"]) == (number["name"], number["display_phone_number"])
    assert (made["webhook_url"], made["verify_token"]) == (f"{URL}/hooks/whatsapp_cloud", None)
    health = await bench.boss.get(f"/channels/{made['channel']['id']}/health")
    assert (health["status"], health["quality"], health["messaging_limit"]) == ("connected", "GREEN", "TIER_2K")
    everything = str(made) + str(health) + str(await bench.boss.get("/channels"))
    assert bench.keys["access_token"] not in everything
    assert bench.keys["app_secret"] not in everything


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"access_token": "EAAwrong"}, "provider_token_refused"),
        ({"phone_number_id": "99999"}, "provider_account_not_found"),
        ({"waba_id": "99999"}, "provider_account_not_found"),
    ],
)
async def test_what_meta_refuses_is_said_in_words_and_connects_nothing(
    bench: Bench, change: dict[str, str], code: str
) -> None:
    body = {"kind": "whatsapp_cloud", "credentials": bench.credentials | change}
    status, error = await bench.boss.refused("POST", "/channels", body)
    assert (status, error["code"]) == (409, code)
    assert error["message"] not in ("", code)
    assert len((await bench.boss.get("/channels"))["items"]) == 2, "the two that were there"


async def test_ids_that_are_no_digits_never_become_part_of_an_address(bench: Bench) -> None:
    body = {"kind": "whatsapp_cloud", "credentials": bench.credentials | {"waba_id": "1/../2", "access_token": " "}}
    status, error = await bench.boss.refused("POST", "/channels", body)
    assert status == 422
    assert {(one["path"], one["code"]) for one in error["fields"]} == {
        ("credentials.waba_id", "wrong_format"),
        ("credentials.access_token", "required"),
    }
    log = (await bench.control.get("/log")).json()["items"]
    assert log == [], "Meta was not asked"
    status, error = await bench.boss.refused("POST", "/channels", body | {"kind": "fax"})
    assert (status, error["fields"][0]["path"]) == (422, "kind")


async def test_a_token_that_lacks_a_right_is_refused_by_the_name_of_the_right(bench: Bench) -> None:
    await bench.token(scopes=["whatsapp_business_messaging"])
    status, error = await bench.boss.refused(
        "POST", "/channels", {"kind": "whatsapp_cloud", "credentials": bench.credentials}
    )
    assert (status, error["code"]) == (409, "provider_permission_missing")
    assert error["params"]["detail"] == "whatsapp_business_management"


@pytest.mark.attack("A15")
async def test_a_number_of_another_firm_is_refused_and_the_attempt_is_kept(bench: Bench, superuser_url: str) -> None:
    await bench.paste(name="Gizli")
    stranger = await bench.world.browser("supervisor", "demo2")
    body = {"kind": "whatsapp_cloud", "credentials": bench.credentials}
    status, error = await stranger.refused("POST", "/channels", body)
    assert (status, error["code"], error["params"]) == (409, "account_connected_elsewhere", {})
    assert "Gizli" not in str(error)
    (entry,) = await stored(superuser_url, "select * from audit_entry where action = 'channel.refused'")
    assert (entry["tenant_id"], entry["actor_id"]) == (bench.world.firms["demo2"].id, stranger.user_id)
    assert len((await stranger.get("/channels"))["items"]) == 2


async def test_a_firms_own_app_gets_an_address_and_a_verify_token_that_is_shown_once(bench: Bench) -> None:
    body = {"kind": "whatsapp_cloud", "credentials": bench.credentials, "app": {"app_secret": "no"}}
    status, error = await bench.boss.refused("POST", "/channels", body)
    assert (status, error["code"]) == (409, "app_secret_refused")
    made = await bench.paste(app={"app_secret": bench.keys["app_secret"]})
    url = urlsplit(made["webhook_url"])
    query = {"hub.mode": "subscribe", "hub.challenge": "77", "hub.verify_token": made["verify_token"]}
    client = bench.world.anonymous()
    assert (await client.get(f"{URL}{url.path}", params=query)).text == "77"
    again = await bench.boss.post(f"/channels/{made['channel']['id']}/verify-token")
    assert again["webhook_url"] == made["webhook_url"]
    assert (await client.get(f"{URL}{url.path}", params=query)).status_code == 403
    query["hub.verify_token"] = again["verify_token"]
    assert (await client.get(f"{URL}{url.path}", params=query)).text == "77"
    once_more = await bench.paste(app={"app_secret": bench.keys["app_secret"], "verify_token": "mine"})
    assert once_more["webhook_url"] == made["webhook_url"], "an address that is in use at Meta stays"


async def test_the_dialogs_code_connects_and_registers_a_new_number(bench: Bench) -> None:
    signup = await bench.boss.get("/channels/whatsapp/signup")
    assert signup["available"] is True
    assert signup["sandbox_url"] == f"{bench.sandbox.base_url}/signup"
    assert signup["redirect_uri"] == f"{URL}/channels/connected"
    done = await bench.dialog(name="Yeni Klinik")
    made = await bench.boss.post("/channels/embedded-signup", {**done, "mode": "new_number"})
    assert (made["channel"]["name"], made["channel"]["status"], made["problem"]) == ("Yeni Klinik", "connected", None)
    path = f"/whatsapp_cloud/numbers/{done['phone_number_id']}/membership"
    assert (await bench.control.get(path)).json()["registered"] is True
    status, error = await bench.boss.refused("POST", "/channels/embedded-signup", {**done, "mode": "new_number"})
    assert (status, error["code"]) == (409, "signup_code_refused")


async def test_an_account_with_one_number_needs_no_number_named(bench: Bench) -> None:
    done = await bench.dialog(mode="only_waba", name="Yalnız Hesap")
    made = await bench.boss.post("/channels/embedded-signup", {**done, "mode": "new_number"})
    assert made["channel"]["name"] == "Yalnız Hesap"


async def test_a_wrong_pin_loses_nothing_and_the_right_one_goes_on(bench: Bench) -> None:
    first = await bench.boss.post(
        "/channels/embedded-signup", {**(done := await bench.dialog()), "mode": "new_number", "pin": "111111"}
    )
    channel_id, number = first["channel"]["id"], done["phone_number_id"]
    again = await bench.dialog(number=number)
    bench.sandbox.core.store.run(
        "update wa_registration set pin = '222222', registered = 0 where number_id = ?", number
    )
    made = await bench.boss.post("/channels/embedded-signup", {**again, "mode": "migration", "pin": "333333"})
    assert (made["channel"]["id"], made["channel"]["status"]) == (channel_id, "reconnect_needed")
    assert made["problem"] == "pin_refused"
    status, error = await bench.boss.refused("POST", f"/channels/{channel_id}/register", {"pin": "12"})
    assert (status, error["fields"][0]["path"]) == (422, "pin")
    status, error = await bench.boss.refused("POST", f"/channels/{channel_id}/register", {"pin": "444444"})
    assert (status, error["code"]) == (409, "pin_refused")
    done_ = await bench.boss.post(f"/channels/{channel_id}/register", {"pin": "222222"})
    assert done_["status"] == "connected"


async def test_a_number_that_stays_on_its_phone_is_asked_for_contacts_and_history_not_registered(
    bench: Bench, superuser_url: str
) -> None:
    done = await bench.dialog(mode="coexistence", number=bench.keys["phone_number_id"])
    made = await bench.boss.post("/channels/embedded-signup", {**done, "mode": "coexistence"})
    (job,) = await stored(superuser_url, "select * from pgqueuer where entrypoint = 'channel.sync_phone'")
    assert made["channel"]["id"] in job["payload"].decode()
    await sync_phone(bench.world.app.state.office, bench.world.firm.id, made["channel"]["id"])
    path = f"/whatsapp_cloud/numbers/{bench.keys['phone_number_id']}/membership"
    membership = (await bench.control.get(path)).json()
    assert [one["sync_type"] for one in membership["syncs"]] == ["smb_app_state_sync", "history"]


async def test_a_new_token_reconnects_and_one_of_another_number_does_not(bench: Bench) -> None:
    channel_id = (await bench.paste())["channel"]["id"]
    gone = await bench.boss.post(f"/channels/{channel_id}/disconnect")
    assert gone["status"] == "reconnect_needed"
    health = await bench.boss.get(f"/channels/{channel_id}/health")
    assert health["disconnected"] is True
    other = bench.keys["numbers"][1]
    theirs = {name: other[name] for name in ("access_token", "phone_number_id", "waba_id")}
    status, error = await bench.boss.refused("POST", f"/channels/{channel_id}/reconnect", {"credentials": theirs})
    assert (status, error["code"]) == (409, "account_differs")
    assert error["params"]["name"] == bench.keys["numbers"][0]["name"]
    token = {"credentials": {"access_token": bench.keys["access_token"]}}
    back = await bench.boss.post(f"/channels/{channel_id}/reconnect", token)
    assert (back["id"], back["status"]) == (channel_id, "connected")


async def test_a_channel_is_renamed_and_given_to_a_team_of_the_firm_alone(bench: Bench) -> None:
    path = f"/channels/{bench.world.firm.channel}"
    changed = await bench.boss.patch(path, {"name": " Satış ", "team_id": None})
    assert (changed["name"], changed["team_id"]) == ("Satış", None)
    changed = await bench.boss.patch(path, {"team_id": str(bench.world.firm.team_b)})
    assert (changed["name"], changed["team_id"]) == ("Satış", str(bench.world.firm.team_b))
    for body, field in (({"name": " "}, "name"), ({"team_id": str(bench.world.firms["demo2"].team_a)}, "team_id")):
        status, error = await bench.boss.refused("PATCH", path, body)
        assert (status, error["fields"][0]["path"]) == (422, field)


async def test_each_broken_hop_is_named_with_what_to_do(bench: Bench, clock: FrozenClock) -> None:
    channel_id = (await bench.paste())["channel"]["id"]
    for hop, code in (
        ("token", "token_ok"),
        ("number", "number_ok"),
        ("app_secret", "app_secret_ok"),
        ("subscription", "subscribed"),
        ("last_inbound", "inbound_never"),
        ("clock", "clock_ok"),
        # Nothing listens at the public address of a test, and no worker runs.
        ("webhook", "webhook_unreachable"),
        ("ingest", "ingest_stopped"),
    ):
        found = await bench.check(channel_id, hop)
        assert found["code"] == code, found
        assert bool(found["advice"]) == (found["state"] != "ok")
    await bench.control.delete(f"/whatsapp_cloud/accounts/{bench.keys['waba_id']}/subscription")
    assert (await bench.check(channel_id, "subscription"))["code"] == "not_subscribed"
    clock.advance(timedelta(minutes=10))
    found = await bench.check(channel_id, "clock")
    assert (found["state"], found["code"]) == ("failed", "clock_wrong")
    await bench.token(expires_in_s=3 * 86_400)
    found = await bench.check(channel_id, "token")
    assert (found["state"], found["code"]) == ("warning", "token_ends_soon")
    await bench.token(state="revoked")
    found = await bench.check(channel_id, "token")
    assert (found["state"], found["code"]) == ("failed", "channel_reconnect_needed")
    status, _ = await bench.boss.refused("POST", f"/channels/{channel_id}/check", {"hop": "nonsense"})
    assert status == 422


async def test_the_hourly_probe_keeps_what_it_hears_and_marks_a_token_that_has_ended(
    bench: Bench, superuser_url: str, clock: FrozenClock
) -> None:
    channel_id = (await bench.paste())["channel"]["id"]
    assert await order_probes(bench.world.db) == 5, "every channel of every firm that has a token"
    assert await order_probes(bench.world.db) == 5
    jobs = await stored(superuser_url, "select * from pgqueuer where entrypoint = 'channel.probe'")
    assert len(jobs) == 5, "ordered once"
    await probe_channel(bench.world.app.state.office, bench.world.firm.id, channel_id)
    health = await bench.boss.get(f"/channels/{channel_id}/health")
    assert [hop["state"] for hop in health["hops"]] == ["ok"] * 4
    assert (health["number_status"], health["name_status"]) == ("CONNECTED", "APPROVED")
    assert health["probed_at"] is not None
    await bench.token(state="revoked")
    await probe_channel(bench.world.app.state.office, bench.world.firm.id, channel_id)
    health = await bench.boss.get(f"/channels/{channel_id}/health")
    assert health["status"] == "reconnect_needed"
    assert "Error validating access token" in health["status_reason"]
    assert health["quality"] == "GREEN", "what could not be asked stays as it was"
    clock.advance(timedelta(minutes=61))
    assert await order_probes(bench.world.db) == 5


@pytest.mark.parametrize("known", [True, False], ids=["its credentials name it", "its token reaches it"])
async def test_the_probe_finds_the_account_above_a_channel_that_was_connected_without_it(
    bench: Bench, superuser_url: str, known: bool
) -> None:
    channel_id = UUID((await bench.paste())["channel"]["id"])
    state, tenant_id = bench.world.app.state, bench.world.firm.id
    (row,) = await stored(
        superuser_url, "select credentials, parent_account_key from channel where id = $1", channel_id
    )
    opened = open_credentials(state.keys, tenant_id, row["credentials"])
    old = {key: value for key, value in opened.items() if known or key != "waba_id"}
    await stored(
        superuser_url,
        "update channel set parent_account_key = null, credentials = $2 where id = $1",
        channel_id,
        seal_credentials(state.keys, tenant_id, old),
    )
    await stored(superuser_url, "update channel_route set parent_account_key = null where channel_id = $1", channel_id)
    await probe_channel(state.office, tenant_id, channel_id)
    (found,) = await stored(
        superuser_url,
        "select h.parent_account_key, r.parent_account_key as routed, h.credentials from channel h"
        " join channel_route r on r.channel_id = h.id where h.id = $1",
        channel_id,
    )
    assert (found["parent_account_key"], found["routed"]) == (row["parent_account_key"],) * 2
    assert open_credentials(state.keys, tenant_id, found["credentials"]) == opened
    (event,) = await stored(superuser_url, "select entity_id from event where kind = 'channel.parent_found'")
    ordered = subscriptions().jobs_for(tenant_id, ChannelParentFound(entity_id=event["entity_id"]))
    assert [(job.name, job.payload) for job in ordered] == [("templates.sync", {"channel_id": str(channel_id)})]


async def test_what_the_phone_shares_of_its_past_is_in_the_health_and_quality_in_the_list(
    bench: Bench, superuser_url: str
) -> None:
    channel_id = (await bench.paste())["channel"]["id"]
    health = await bench.boss.get(f"/channels/{channel_id}/health")
    assert health["phone_history"] is None
    (listed,) = [one for one in (await bench.boss.get("/channels"))["items"] if one["id"] == channel_id]
    assert (listed["quality"], listed["messaging_limit"]) == ("GREEN", "TIER_2K")
    await stored(
        superuser_url,
        """update channel set health_at = '2026-11-24', health = health || '{"history": {"state": "refused", "code": "2593109",
           "text": "x", "at": "2026-11-24T09:00:00+00:00"}}' where id = $1""",
        UUID(channel_id),
    )
    health = await bench.boss.get(f"/channels/{channel_id}/health")
    assert (health["phone_history"]["state"], health["phone_history"]["code"]) == ("refused", "2593109")
    (listed,) = [one for one in (await bench.boss.get("/channels"))["items"] if one["id"] == channel_id]
    assert listed["health_at"].startswith("2026-11-24")


async def test_health_counts_what_failed_within_a_day_by_its_reason(bench: Bench, clock: FrozenClock) -> None:
    conversation = await bench.world.write("+905551112233")
    for code in ("window_closed", "window_closed", "recipient_unreachable"):
        sent = await bench.boss.say(conversation, "Selam")
        await bench.world.report(sent["id"], "failed", error_code=code)
    path = f"/channels/{bench.world.firm.channel}/health"
    assert (await bench.boss.get(path))["errors"] == [
        {"code": "window_closed", "count": 2},
        {"code": "recipient_unreachable", "count": 1},
    ]
    other = f"/channels/{bench.world.firm.other_channel}/health"
    assert (await bench.boss.get(other))["errors"] == []
    clock.advance(timedelta(hours=11))
    assert len((await bench.boss.get(path))["errors"]) == 2


async def test_the_health_says_since_when_the_provider_fails_and_when_it_is_tried_again(
    bench: Bench, superuser_url: str
) -> None:
    channel_id = UUID((await bench.paste())["channel"]["id"])
    assert (await bench.boss.get(f"/channels/{channel_id}/health"))["provider_trouble"] is None
    await stored(
        superuser_url,
        "insert into channel_pace (tenant_id, channel_id, tokens, rate_per_s, burst, refilled_at, paused_until, failures, failing_since)"
        " values ($1, $2, 1, 1, 1, now(), '2026-11-24T09:01Z', 7, '2026-11-24T09:00Z')",
        bench.world.firm.id,
        channel_id,
    )
    trouble = (await bench.boss.get(f"/channels/{channel_id}/health"))["provider_trouble"]
    assert trouble == {"paused": True, "since": "2026-11-24T09:00:00Z", "next_try_at": "2026-11-24T09:01:00Z"}
