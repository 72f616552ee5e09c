"""Finding words, a day, files and links in what was said with one person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from invekto.channels.adapter import InboundAttachment
from tests.rest import World

PHONE = "+905550000001"


@pytest.mark.parametrize("asked", ["ışık", "IŞIK", "Işik", "isik", "İŞİK", " ışık "])
async def test_all_spellings_of_a_turkish_word_find_the_same(world: World, asked: str) -> None:
    conversation = await world.write(PHONE, "Işık açık kalmış")
    for text in ("IŞIK tedavisi", "isik.jpg geldi mi", "kaşık", "ışı k", "Is\u0327\u0131k"):
        await world.write(PHONE, text)
    agent = await world.browser("agent1")
    found = await agent.get(f"/conversations/{conversation}/messages/search", q=asked)
    assert [hit["seq"] for hit in found["items"]] == [6, 3, 2, 1]
    assert (found["total"], found["next_cursor"]) == (4, None)


async def test_hits_are_paged_newest_first_with_one_count(world: World) -> None:
    conversation = await world.write(PHONE, "fiyat 1")
    for number in range(2, 8):
        world.clock.advance(timedelta(minutes=1))
        await world.write(PHONE, f"fiyat {number}")
    agent = await world.browser("agent1")
    path, seen, cursor = f"/conversations/{conversation}/messages/search", [], None
    while True:
        asked = {"q": "FİYAT", "limit": 3} | ({"cursor": cursor} if cursor else {})
        page = await agent.get(path, **asked)
        assert page["total"] == 7
        seen += [hit["seq"] for hit in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("asked", ["%", "a.c", "(", "[x]", "\\", "a+b", "?", "^", "{2}", "$"])
async def test_signs_mean_themselves(world: World, asked: str) -> None:
    conversation = await world.write(PHONE, f"bu {asked} burada")
    await world.write(PHONE, "abc xx ab")
    agent = await world.browser("agent1")
    found = await agent.get(f"/conversations/{conversation}/messages/search", q=asked)
    assert [hit["seq"] for hit in found["items"]] == [1]


async def test_the_earlier_conversation_of_the_same_person_is_searched_too(world: World) -> None:
    first = await world.write(PHONE, "zirkonyum kaplama")
    agent = await world.browser("supervisor")
    await agent.post(f"/conversations/{first}/resolve")
    world.clock.advance(timedelta(days=3))
    second = await world.write(PHONE, "merhaba")
    await world.write("+905550000002", "zirkonyum kaplama")
    agent = await world.browser("supervisor")
    found = await agent.get(f"/conversations/{second}/messages/search", q="Zirkonyum")
    assert [hit["conversation_id"] for hit in found["items"]] == [str(first)]


async def test_what_somebody_may_not_see_is_not_found(world: World) -> None:
    conversation = await world.write(PHONE, "gizli söz")
    stranger = await world.browser("agent3")
    status, error = await stranger.refused("GET", f"/conversations/{conversation}/messages/search?q=gizli")
    assert (status, error["code"]) == (404, "not_found")


async def test_a_page_around_a_place_leads_both_ways_to_the_ends(world: World) -> None:
    conversation = await world.write(PHONE, "1")
    for number in range(2, 21):
        await world.write(PHONE, str(number))
    agent = await world.browser("agent1")
    path = f"/conversations/{conversation}/messages"
    page = await agent.get(path, around_seq=10, limit=4)
    assert [m["seq"] for m in page["items"]] == [8, 9, 10, 11]
    seqs, older, newer = [m["seq"] for m in page["items"]], page["next_cursor"], page["newer_cursor"]
    while older:
        page = await agent.get(path, cursor=older, limit=4)
        seqs, older = [m["seq"] for m in page["items"]] + seqs, page["next_cursor"]
    while newer:
        page = await agent.get(path, cursor=newer, limit=4)
        seqs, newer = seqs + [m["seq"] for m in page["items"]], page["newer_cursor"]
    assert seqs == list(range(1, 21))
    newest = await agent.get(path)
    assert newest["newer_cursor"] is None


async def test_a_day_leads_to_its_first_message_in_the_firms_zone(world: World) -> None:
    first = await world.write(PHONE, "ilk gün")
    begun = world.clock.now()
    world.clock.advance(timedelta(days=2))
    await world.write(PHONE, "iki gün sonra")
    agent = await world.browser("agent1")
    path = f"/conversations/{first}/messages"
    day = (begun + timedelta(days=1)).date().isoformat()
    page = await agent.get(path, date=day, limit=1)
    assert "iki gün sonra" in [m["text"] for m in page["items"]]
    page = await agent.get(path, date="2099-01-01")
    assert page["newer_cursor"] is None
    status, error = await agent.refused("GET", f"{path}?date=dun")
    assert (status, error["fields"][0]["path"]) == (422, "date")


async def test_a_contacts_pictures_files_and_links_stand_apart(world: World) -> None:
    picture = InboundAttachment(kind="image", media_id="a", mime="image/jpeg", name="a.jpg")
    report = InboundAttachment(kind="document", media_id="b", mime="application/pdf", name="b.pdf")
    conversation = await world.write(PHONE, None, kind="image", attachments=(picture,))
    await world.write(PHONE, None, kind="document", attachments=(report,))
    await world.write(PHONE, "bakın: https://example.com/a?b=1")
    await world.write(PHONE, "httpsiz söz")
    agent = await world.browser("agent1")
    contact = (await agent.get(f"/conversations/{conversation}"))["contact"]["id"]
    shown = {
        kind: [m["seq"] for m in (await agent.get(f"/contacts/{contact}/media", kind=kind))["items"]]
        for kind in ("media", "files", "links")
    }
    assert shown == {"media": [1], "files": [2], "links": [3]}
    stranger = await world.browser("agent3")
    assert (await stranger.refused("GET", f"/contacts/{contact}/media"))[0] == 404
