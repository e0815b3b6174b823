from tests.zimbra.verbs.scripts import scripted

MARIE = """<cn id="m1" ref="uid=marie"><a n="firstName">Marie</a><a n="lastName">Hoarau</a>
<a n="email2">m.hoarau@b.fr</a><a n="email">marie@b.fr</a><a n="email10">z@b.fr</a><a n="zimbraId">5b0c</a>
<a n="objectClass">person</a><a n="objectClass">zimbraAccount</a>
<a n="workPhone">0262</a><a n="jobTitle">CPE</a></cn>"""
LIST = '<cn id="l1"><a n="fullName">Équipe</a><a n="email">equipe@b.fr</a><a n="type">group</a></cn>'
ROOM = '<cn ref="r1"><a n="fullName">Salle 2</a><a n="email">salle2@b.fr</a><a n="zimbraCalResType">Location</a></cn>'


def test_people_are_read_with_addresses_in_their_order() -> None:
    client, server = scripted({"SearchGal": f"[more=1]{MARIE}{LIST}{ROOM}"})
    page = client.search_people("hoarau", kind="account", limit=3, offset=6)
    marie, team, room = page.people
    assert page.more
    assert marie.addresses == ("marie@b.fr", "m.hoarau@b.fr", "z@b.fr")
    assert (marie.address, marie.name, marie.account_id, marie.kind) == (
        "marie@b.fr",
        "Marie Hoarau",
        "5b0c",
        "account",
    )
    assert (marie.phone, marie.job) == ("0262", "CPE")
    assert (team.kind, room.kind, room.id) == ("group", "resource", "r1")
    assert "Hoarau" not in repr(page)
    assert server.asked("SearchGal") == ['[name="hoarau" type="account" limit="3" offset="6" sortBy="nameAsc"]']


def test_everybody_is_asked_for_with_a_dot() -> None:
    client, server = scripted({"SearchGal": ""})
    assert client.search_people().people == ()
    assert server.asked("SearchGal")[0].startswith('[name="." ')


def test_all_people_turns_pages_and_stops_where_a_server_turns_none() -> None:
    client, server = scripted({"SearchGal": [f"[more=1]{MARIE}{LIST}", ROOM]})
    assert [person.id for person in client.all_people(page=2)] == ["m1", "l1", "r1"]
    assert [text.split('offset="')[1][0] for text in server.asked("SearchGal")] == ["0", "2"]
    stuck, server = scripted({"SearchGal": f"[more=1]{MARIE}{LIST}"})
    assert [person.id for person in stuck.all_people()] == ["m1", "l1"]
    assert len(server.requests) == 2


def test_person_is_found_by_any_of_the_addresses_only() -> None:
    client, _ = scripted({"SearchGal": MARIE})
    found = client.person("M.Hoarau@b.fr")
    assert found is not None
    assert found.id == "m1"
    assert client.person("hoarau@b.fr") is None


def test_complete_person_asks_for_the_beginning() -> None:
    client, server = scripted({"AutoCompleteGal": MARIE})
    assert [person.id for person in client.complete_person("mar", kind="account", limit=5).people] == ["m1"]
    assert server.asked("AutoCompleteGal") == ['[name="mar" type="account" limit="5"]']
