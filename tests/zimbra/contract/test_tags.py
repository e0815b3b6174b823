"""Tags with colours, as a team agrees on them."""

import pytest

from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused, Taken


def test_created_tag_is_listed_with_its_colour(client: ZimbraClient) -> None:
    urgent = client.create_tag("Urgent", colour=5)
    blue = client.create_tag("À suivre", colour="#0000FF")
    found = {tag.id: tag for tag in client.tags()}
    assert (found[urgent.id].name, found[urgent.id].colour) == ("Urgent", 5)
    assert (found[blue.id].name, found[blue.id].rgb) == ("À suivre", "#0000ff")


def test_tag_of_a_taken_name_is_refused_or_given_back(client: ZimbraClient) -> None:
    made = client.create_tag("Urgent", colour=5)
    with pytest.raises(Taken):
        client.create_tag("urgent")
    assert client.create_tag("urgent", colour=1, existing_ok=True) == made


def test_rename_recolour_and_delete(client: ZimbraClient) -> None:
    made = client.create_tag("Avant")
    client.create_tag("Pris")
    client.rename_tag(made.id, "Après")
    client.colour_tag(made.id, 7)
    assert [(tag.name, tag.colour) for tag in client.tags() if tag.id == made.id] == [("Après", 7)]
    with pytest.raises(Taken):
        client.rename_tag(made.id, "Pris")
    for _ in range(2):
        client.delete_tag(made.id)
    assert [tag.name for tag in client.tags()] == ["Pris"]
    with pytest.raises(NotFound):
        client.rename_tag(made.id, "Encore")


@pytest.mark.parametrize("name", ["", "deux:points", 'guille"mets'])
def test_tag_of_a_name_that_may_not_be(client: ZimbraClient, name: str) -> None:
    with pytest.raises(Refused):
        client.create_tag(name)
