import pytest

from tests.each import each
from tests.zimbra.verbs.scripts import refused, scripted
from zimbra.errors import NotFound, Refused, Taken
from zimbra.types import Tag

LISTED = '<tag id="64" name="Urgent" color="5" u="3"/><tag id="65" name="À suivre" rgb="#aabbcc"/>'


def test_tags_are_read_with_their_colours() -> None:
    client, _ = scripted({"GetTag": LISTED})
    assert client.tags() == [Tag("64", "Urgent", 5, unread=3), Tag("65", "À suivre", rgb="#aabbcc")]


def test_create_tag_gives_an_existing_one_back_on_request() -> None:
    client, server = scripted(
        {"CreateTag": ['<tag id="66" name="Neuf" color="3"/>', refused("mail.ALREADY_EXISTS")], "GetTag": LISTED}
    )
    assert client.create_tag("Neuf", colour=3) == Tag("66", "Neuf", 3)
    with pytest.raises(Taken):
        client.create_tag("urgent")
    assert client.create_tag("urgent", existing_ok=True).id == "64"
    with pytest.raises(NotFound):
        client.create_tag("Parti", existing_ok=True)
    assert server.asked("CreateTag")[:2] == ['<tag name="Neuf" color="3"/>', '<tag name="urgent"/>']


def test_rename_recolour_and_delete_a_tag() -> None:
    done = '<action id="64"/>'
    client, server = scripted({"TagAction": [done, done, done, done, refused("mail.NO_SUCH_TAG")]})
    client.rename_tag("64", "Très urgent")
    client.colour_tag("64", 0)
    client.colour_tag("64", "#AABBCC")
    client.delete_tag("64")
    client.delete_tag("64")
    assert server.asked("TagAction")[:4] == [
        '<action op="rename" id="64" name="Très urgent"/>',
        '<action op="color" id="64" color="0"/>',
        '<action op="color" id="64" rgb="#aabbcc"/>',
        '<action op="delete" id="64"/>',
    ]


@each("colour", [-1, 128, 300, "blue", "#12345", "#1234567", "123456", ""])
def test_a_colour_that_is_none_is_not_sent(colour: int | str) -> None:
    client, server = scripted({})
    for refusing in (lambda: client.create_tag("x", colour=colour), lambda: client.colour_folder("10", colour)):
        with pytest.raises(Refused) as caught:
            refusing()
        assert caught.value.code == "request.INVALID"
    assert server.requests == []
