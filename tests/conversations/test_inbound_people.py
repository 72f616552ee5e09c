"""Who wrote: one person per identity, by the address that is trusted most; what contradicts becomes a suggestion."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invekto.channels.adapter import Address, Sender
from invekto.contacts.identities import Writer, resolve_writers
from invekto.kernel.ids import uuid7
from invekto.kernel.tenancy import claimed
from tests.conversations.inlet import Inlet, Line

PHONE, OTHER_PHONE = "905551110001", "905551110002"
BSUID, OTHER_BSUID = "TR.1111111111", "TR.2222222222"


async def identity_of(inlet: Inlet, value: str) -> UUID:
    found: UUID = (await inlet.one("select identity_id from identity_address where value = $1", value))[0]
    return found


async def suggestions(inlet: Inlet) -> list[str]:
    return [row["reason"] for row in await inlet.rows("select reason from merge_suggestion order by reason")]


async def test_a_persons_later_addresses_join_the_first(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE))
    await inlet.receive(inlet.says(line, PHONE, user_id=BSUID))
    await inlet.receive(inlet.says(line, None, user_id=BSUID))
    assert await identity_of(inlet, f"+{PHONE}") == await identity_of(inlet, BSUID)
    assert await inlet.count("conversation") == await inlet.count("contact") == 1
    assert await suggestions(inlet) == []


async def test_somebody_known_by_an_id_alone_gets_their_number_when_it_is_told(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, None, user_id=BSUID))
    assert (await inlet.one("select phone from contact"))[0] is None
    await inlet.receive(inlet.says(line, PHONE, user_id=BSUID))
    row = await inlet.one("select phone, version from contact")
    assert tuple(row) == (f"+{PHONE}", 2)
    assert (await inlet.one("select count(*) from event where kind = 'conversation.changed'"))[0] >= 2


async def test_a_conflict_of_id_and_number_goes_to_the_id_and_leaves_a_suggestion(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, "numaradan", name="Numara"))
    await inlet.receive(inlet.says(line, None, "kimlikten", user_id=BSUID, name="Kimlik"))
    by_phone, by_id = await identity_of(inlet, f"+{PHONE}"), await identity_of(inlet, BSUID)
    assert by_phone != by_id
    await inlet.receive(inlet.says(line, PHONE, "ikisi", user_id=BSUID, name="Kimlik"))
    said = await inlet.one(
        "select c.identity_id from message m join conversation c on c.id = m.conversation_id where m.text = 'ikisi'"
    )
    assert said["identity_id"] == by_id
    assert await identity_of(inlet, f"+{PHONE}") == by_phone, (
        "nothing merges, nothing moves away from somebody without an id"
    )
    assert await suggestions(inlet) == ["address_conflict"]
    await inlet.receive(inlet.says(line, PHONE, user_id=BSUID))
    assert await suggestions(inlet) == ["address_conflict"], "said once"


@pytest.mark.parametrize("together", [True, False])
async def test_a_number_that_comes_with_another_id_has_changed_hands(inlet: Inlet, together: bool) -> None:
    """A new id on a known number is another person: what we send to the former one must not reach them."""
    (line,) = await inlet.firm()
    first = inlet.says(line, PHONE, "eski sahip", user_id=BSUID, name="Eski")
    second = inlet.says(line, PHONE, "yeni sahip", user_id=OTHER_BSUID, name="Yeni")
    if together:
        await inlet.receive(first, second)
    else:
        await inlet.receive(first)
        await inlet.receive(second)
    assert await inlet.count("conversation") == await inlet.count("identity") == 2
    assert await identity_of(inlet, f"+{PHONE}") == await identity_of(inlet, OTHER_BSUID)
    assert await identity_of(inlet, BSUID) != await identity_of(inlet, OTHER_BSUID)
    assert await suggestions(inlet) == ["address_conflict"]


@pytest.mark.parametrize("together", [True, False])
async def test_one_number_on_two_lines_is_two_identities_and_one_suggestion(inlet: Inlet, together: bool) -> None:
    sales, service = await inlet.firm(lines=2)
    both = [inlet.says(sales, PHONE), inlet.says(service, PHONE)]
    if together:
        await inlet.receive(*both)
    else:
        for one in both:
            await inlet.receive(one)
    counts = {table: await inlet.count(table) for table in ("identity", "contact", "conversation", "message")}
    assert counts == dict.fromkeys(counts, 2)
    assert await suggestions(inlet) == ["same_phone"]


async def test_the_same_number_in_two_firms_suggests_nothing(inlet: Inlet) -> None:
    (ours,), (theirs,) = await inlet.firm("demo"), await inlet.firm("demo2")
    await inlet.receive(inlet.says(ours, PHONE), inlet.says(theirs, PHONE))
    assert await inlet.count("contact") == 2
    assert await suggestions(inlet) == []


# Names --------------------------------------------------------------------------------------------------------------


async def name(inlet: Inlet) -> str:
    found: str = (await inlet.one("select name from contact"))[0]
    return found


async def test_a_name_follows_the_profile_until_a_user_gives_one(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, name="Ayşe"))
    await inlet.receive(inlet.says(line, PHONE, name="Ayşe Yılmaz"))
    assert await name(inlet) == "Ayşe Yılmaz"
    assert (await inlet.one("select search_key from contact"))[0] == "ayse yilmaz"
    await inlet.execute("update contact set name = 'Ayşe Hanım (VIP)', name_source = 'user'")
    await inlet.receive(inlet.says(line, PHONE, name="~*ayşe*~"))
    assert await name(inlet) == "Ayşe Hanım (VIP)"


async def test_a_message_without_a_profile_takes_no_name_away(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, name="Ayşe"))
    await inlet.receive(inlet.says(line, PHONE, name=None))
    assert await name(inlet) == "Ayşe"


async def test_a_number_that_stood_in_for_a_name_gives_way_to_one(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, name=None))
    assert await name(inlet) == f"+{PHONE}"
    await inlet.receive(inlet.says(line, PHONE, name="Ayşe"))
    assert await name(inlet) == "Ayşe"


async def test_a_new_name_is_told_to_the_contacts_other_conversations(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, PHONE, name="Ayşe"))
    await inlet.execute(
        "update conversation set status = 'resolved', resolved_at = $1", inlet.clock.now() - timedelta(days=2)
    )
    old = (await inlet.one("select id from conversation"))[0]
    before = (await inlet.one("select version from conversation"))[0]
    await inlet.receive(inlet.says(line, PHONE, name="Ayşe Yılmaz"))
    assert (await inlet.one("select version from conversation where id = $1", old))[0] == before + 1
    told = await inlet.rows("select 1 from event where kind = 'conversation.changed' and conversation_id = $1", old)
    assert len(told) == 2


# Any order of anything ----------------------------------------------------------------------------------------------

_SENDERS = st.lists(
    st.tuples(st.sampled_from([None, "A", "B", "C"]), st.sampled_from([None, "1", "2", "3"])).filter(any),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(senders=_SENDERS, cut=st.integers(0, 8))
async def test_however_people_show_up_an_id_is_one_identity_and_every_address_has_one(
    inlet: Inlet, senders: list[tuple[str | None, str | None]], cut: int
) -> None:
    """Ids A-C and numbers 1-3 in any combination, in one batch or cut in two."""
    line = await _fresh_line(inlet)
    writers = [_writer(line, *sender) for sender in senders]
    resolved: list[UUID] = []
    for batch in (writers[:cut], writers[cut:]):
        async with claimed(inlet.connection, [line.tenant_id]):
            known = await resolve_writers(inlet.connection, batch, inlet.clock.now())
        resolved += [one.identity_id for one in known]
    rows = await inlet.rows("select scheme, value, identity_id from identity_address where channel_id = $1", line.id)
    owner = {(row["scheme"], row["value"]): row["identity_id"] for row in rows}
    wanted = {(a.scheme, a.value) for writer in writers for a in writer.sender.addresses}
    assert set(owner) == wanted
    ids = [identity for (scheme, _), identity in owner.items() if scheme == "bsuid"]
    assert len(set(ids)) == len(ids), "two ids are two people"
    for writer, identity in zip(writers, resolved, strict=True):
        first = writer.sender.addresses[0]
        if first.scheme == "bsuid":
            assert identity == owner[first.scheme, first.value], "the id decides"


async def _fresh_line(inlet: Inlet) -> Line:
    return (await inlet.firm(f"f{uuid7().hex}"))[0]


def _writer(line: Line, bsuid: str | None, phone: str | None) -> Writer:
    addresses = [Address(scheme=scheme, value=value) for scheme, value in (("bsuid", bsuid), ("phone", phone)) if value]
    return Writer(line.tenant_id, line.id, Sender(addresses=tuple(addresses), display="X", phone=phone))
