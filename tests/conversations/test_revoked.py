"""What is left of an edited and of a revoked message on the wire; the firm chooses whether revoked ones are shown."""

from __future__ import annotations

from invekto.channels.adapter import InboundAttachment
from tests.rest import World, stored


async def test_a_hidden_message_gives_neither_text_nor_file_nor_quote(world: World, superuser_url: str) -> None:
    supervisor = await world.browser("supervisor")
    agent = await world.browser("agent1")
    conversation = await world.write(
        "+905559990001",
        "sır",
        kind="image",
        attachments=(InboundAttachment(kind="image", media_id="m", mime="image/png", name="s.png"),),
    )
    await stored(superuser_url, "update message set revoked_at = now() where direction = 'inbound'")
    url = f"/conversations/{conversation}/messages"
    listed = f"/conversations/{conversation}"
    assert (await supervisor.get(listed))["preview"] == "sır"
    (line,) = (await supervisor.get(url))["items"]
    assert (line["text"], line["revoked_at"] is not None, len(line["attachments"])) == ("sır", True, 1)
    assert (await agent.client.patch("/settings", json={"revoked_messages": "hide"})).status_code == 403
    answer = await supervisor.client.patch("/settings", json={"revoked_messages": "hide"})
    assert answer.json() == {"revoked_messages": "hide"}
    (hidden,) = (await supervisor.get(url))["items"]
    assert (hidden["text"], hidden["payload"], hidden["context"], hidden["attachments"]) == (None, None, None, [])
    assert hidden["revoked_at"] is not None
    row = await supervisor.get(listed)
    assert (row["preview"], row["preview_type"]) == ("", "system")
    file = line["attachments"][0]["id"]
    assert (await supervisor.client.get(f"/media/{file}")).status_code == 404
    found = await supervisor.get(f"/conversations/{conversation}/messages/search?q=sır")
    assert found["items"] == []


async def test_the_earlier_texts_are_read_oldest_first_without_the_present_one(
    world: World, superuser_url: str
) -> None:
    supervisor = await world.browser("supervisor")
    conversation = await world.write("+905559990001", "üç")
    await stored(
        superuser_url,
        "insert into message_revision (tenant_id, message_id, provider_id, text, written_at)"
        " select tenant_id, message.id, x.id, x.said, now() + x.at * interval '1 minute' from message,"
        " (values ('', 'bir', 1), ('e1', 'iki', 2), ('e2', 'üç', 3)) as x (id, said, at)",
    )
    (line,) = (await supervisor.get(f"/conversations/{conversation}/messages"))["items"]
    found = await supervisor.get(f"/conversations/{conversation}/messages/{line['id']}/revisions")
    assert [one["text"] for one in found["items"]] == ["bir", "iki"]
