"""What comes in the wrong order, in one heap, twice, from two sides or as nonsense: each message is one row, of the right firm."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.desk import wait_until
from tests.faults.promises import BY_HAND
from tests.faults.scene import Scene

pytestmark = pytest.mark.real_ports

Json = dict[str, Any]


def _post(scene: Scene, raw: bytes) -> int | None:
    """A body that is well signed, past the sandbox's queue."""
    wish = {"base64": base64.b64encode(raw).decode()}
    with scene.desk.customer() as control:
        answer = control.post("/whatsapp_cloud/webhooks", json=wish).raise_for_status().json()["answers"][0]
    status: int | None = answer["status"]
    return status


def _change(number: str, **value: Any) -> Json:
    metadata = {"display_phone_number": "15550001111", "phone_number_id": number}
    return {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}


def _body(*changes: Json) -> bytes:
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": list(changes)}]}
    ).encode()


def _message(phone: str, id_: str, text: object = "elden") -> Json:
    return {"from": phone, "id": id_, "timestamp": str(int(time.time())), "type": "text", "text": {"body": text}}


def _said(number: str, phone: str, id_: str, text: object = "elden") -> Json:
    contact = {"profile": {"name": "Elden"}, "wa_id": phone}
    return _change(number, contacts=[contact], messages=[_message(phone, id_, text)])


@pytest.mark.fault("F17", injects="one webhook 20 times at once", holds="I2: one row, one frame")
def test_one_webhook_twenty_times_at_once_is_one_message_and_is_told_once(scene: Scene) -> None:
    wish = {"phone": "+905559990017", "text": "yirmi kez", "copies": 20, "wait": True}
    said = scene.control.post("/whatsapp_cloud/say", json=wish).raise_for_status().json()
    assert [answer["status"] for answer in said["answers"]] == [200] * 20
    scene.check()
    rows = scene.desk.rows("select id::text, version from message where provider_id = $1", said["id"])
    assert [row["version"] for row in rows] == [1], "stored once, and not touched again"


@pytest.mark.fault("F18", injects="every second webhook overtaken; read before sent", holds="I3 I4")
def test_webhooks_that_overtake_each_other_end_in_the_same_state(scene: Scene) -> None:
    with scene.faulty(reorder={"hold_s": 0.5}), scene.load():
        time.sleep(3)
    scene.check()
    conversation = scene.writes("+905559990018", "Sırasız")
    scene.reports_after(3600)
    with scene.speaking("agent1") as agent:
        message = agent.say(conversation, "Önce okundu").message_id
        assert message is not None
        scene.becomes(message, "sent")
    scene.reports_after(0.05)
    wamid = scene.message(message)["provider_id"]
    for status in ("read", "delivered", "sent"):
        scene.report(wamid, status)
        scene.becomes(message, "read")
    scene.check()


@pytest.mark.fault("F19", injects="100 changes of three owners in one body, one of them poison", holds="I1 I6")
def test_one_body_of_three_owners_with_poison_in_it_costs_the_poison_only(scene: Scene) -> None:
    one, other = scene.numbers
    conversation = scene.writes("+905559990019", "Durumlar için")
    scene.reports_after(3600)
    with scene.speaking("agent1") as agent:
        message = agent.say(conversation, "Durumu pakette").message_id
        assert message is not None
        scene.becomes(message, "sent")
    scene.reports_after(0.05)
    wamid = scene.message(message)["provider_id"]
    mark = f"{BY_HAND}{uuid4()}"
    changes = [
        _said((one, other, scene.nobodys)[place % 3], f"9055519{place:05}", f"{mark}.{place}") for place in range(50)
    ]
    changes[25]["value"]["messages"][0] |= {"id": {"zehir": f"{mark}.25"}, "timestamp": "hiç"}
    now = str(int(time.time()))
    for status in (*["sent"] * 24, *["delivered"] * 25, "read"):
        report = {"id": wamid, "status": status, "timestamp": now, "recipient_id": "905559990019"}
        changes.append(_change(one, statuses=[report]))
    assert _post(scene, _body(*changes)) == 200
    query = (
        "select t.slug as firm, count(*)::int as rows from message m join tenant t on t.id = m.tenant_id"
        " where m.provider_id like $1 group by 1"
    )
    right = {"demo": 17 - (25 % 3 == 0), "demo2": 17 - (25 % 3 == 1)}
    wait_until(
        lambda: {row["firm"]: row["rows"] for row in scene.desk.rows(query, f"{mark}%")} == right,
        lambda: f"{right}, but {scene.desk.rows(query, f'{mark}%')}",
    )
    scene.becomes(message, "read")
    parked = scene.desk.rows("select reason from quarantine where position($1 in convert_from(raw, 'UTF8')) > 0", mark)
    assert len(parked) == 1 + 16, f"the poison, and what was nobody's: {parked}"
    # What was reported by hand the ledger has not seen: the provider says it once more by itself.
    for status in ("sent", "delivered", "read"):
        scene.report(wamid, status)
    scene.check()


@pytest.mark.fault(
    "F20", injects="a new contact writes ten times at once, and on two channels of one firm", holds="I1 I3"
)
def test_a_new_contact_who_writes_at_once_on_two_channels_is_two_identities(scene: Scene) -> None:
    made = scene.control.post("/whatsapp_cloud/numbers", json={"name": "Second"}).raise_for_status().json()["items"][0]
    desk = scene.desk
    desk.run(
        *("channel", "connect", "whatsapp_cloud", "--firm", "demo", "--name", "WhatsApp 2"),
        *("--phone-number-id", made["phone_number_id"], "--waba-id", made["waba_id"]),
        *("--address", made["display_phone_number"], "--token-stdin"),
        given=made["access_token"],
    )
    phone = "+905559990020"

    def write(place: int) -> int:
        number = (scene.numbers[0], made["phone_number_id"])[place % 2]
        wish = {"number": number, "phone": phone, "text": f"albüm {place}", "wait": True}
        with desk.customer() as control:
            said = control.post("/whatsapp_cloud/say", json=wish).raise_for_status().json()
        return int(said["answers"][0]["status"])

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(write, range(20))) == [200] * 20
    scene.check()
    query = (
        "select c.identity_id, count(*)::int as messages from message m"
        " join conversation c on c.tenant_id = m.tenant_id and c.id = m.conversation_id"
        " join identity_address a on a.tenant_id = c.tenant_id and a.identity_id = c.identity_id"
        " where a.scheme = 'phone' and a.value = $1 group by c.identity_id, c.id"
    )
    assert [row["messages"] for row in desk.rows(query, phone)] == [10, 10]


def _poison() -> list[bytes]:
    number = "100000000000001"
    good = f"{BY_HAND}poison"
    return [
        b"",
        b"null",
        b"[]",
        b"{" * 50_000,
        b'{"object":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":1e400}]}]}',
        b'{"object":"whatsapp_business_account","entry":' + b"9" * 5_000 + b"}",
        _body(_said(number, "905550000000", good, "a\0b")),
        _body(_said(number, "905550000000", good, 5)),
        _body(_said(number, "905550000000", good)).replace(b"elden", b"\\ud800\\udfff\\ud800"),
        _body(_said(number, "905550000000", good)).replace(b"elden", b"\xff\xfe\xfa"),
        _body(_change(number, messages={"0": "no list"}, statuses="no list", contacts=[[], None, 7])),
        _body(_change(number, messages=[None, 1, "x", [], {}], statuses=[{}, {"id": 1, "status": {"a": 1}}])),
        _body(_change(number, messages=[_message("x" * 100_000, good) | {"timestamp": "9" * 400}])),
    ]


@pytest.mark.fault(
    "F21", injects="14 bodies of nonsense and 10 MB, all well signed", holds="I1 I5: kept apart, nothing loops"
)
def test_nonsense_that_is_well_signed_is_answered_is_kept_apart_and_stops_nobody(scene: Scene) -> None:
    answers = [_post(scene, raw) for raw in _poison()]
    assert set(answers) <= {200, 400}, answers
    assert _post(scene, b'{"x":"' + b"x" * (10 << 20) + b'"}') == 413
    scene.writes("+905559990021", "Hâlâ çalışıyor")
    scene.check()
    (row,) = scene.desk.rows("select coalesce(max(attempts), 0)::int as most from receipt")
    assert row["most"] <= 5


@pytest.mark.fault(
    "F31", injects="one answer posted five times at once with one key", holds="I2: one message, one answer"
)
def test_an_answer_that_is_posted_five_times_at_once_is_one_message(scene: Scene) -> None:
    conversation = scene.writes("+905559990031", "Beş kez")
    with scene.speaking("agent1") as agent:
        key = str(uuid4())
        with ThreadPoolExecutor(5) as pool:
            posted = list(pool.map(lambda _: agent.say(conversation, "Bir kez", key), range(5)))
        assert len({answer.message_id for answer in posted}) == 1
        assert posted[0].message_id is not None
        del agent.answers[1:]
    scene.becomes(posted[0].message_id, "read")
    scene.check()
    assert scene.ledger().accepted()[posted[0].message_id] == 1
