import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zimbra.scripted_transport import ScriptedTransport, fault
from zimbra.client import ZimbraClient
from zimbra.errors import Refused
from zimbra.verbs.folders import clean_folder_name

TREE = """<GetFolderResponse xmlns="urn:zimbraMail">
<folder id="1" name="USER_ROOT" absFolderPath="/" l="11" n="0" s="0">
  <folder id="10" name="Calendar" absFolderPath="/Calendar" l="1" view="appointment" n="12" s="3400"/>
  <folder id="7" name="Contacts" l="1" view="contact" n="3" s="99">
    <folder id="300" name="Écoles &amp; lycées" l="7" view="contact" n="1" s="1"/></folder>
  <link id="301" name="Agenda du service" l="1" view="appointment" perm="rwidx" zid="z" rid="10"/>
  <search id="302" name="Non lus" l="1" query="is:unread"/></folder></GetFolderResponse>"""


def client(transport: ScriptedTransport) -> ZimbraClient:
    return ZimbraClient.sign_in("http://zimbra.test", "a@b.fr", "secret", transport=transport)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Carnet", "Carnet"),
        ("Pro: écoles/lycées", "Pro- écoles-lycées"),
        ('Le "grand" carnet', "Le 'grand' carnet"),
        ("  a\t\r\nb  ", "a b"),
        ("fin   ", "fin"),
        ("", "Sans nom"),
        (".", "Sans nom"),
        ("..", "Sans nom"),
        ("...", "..."),
        ("\x00\x1f", "Sans nom"),
        ("é" * 200, "é" * 128),
        ("😀" * 100, "😀" * 64),
        ("a" * 127 + " b", "a" * 127),
    ],
)
def test_clean_folder_name_follows_zimbras_rule(name: str, cleaned: str) -> None:
    assert clean_folder_name(name) == cleaned


@given(st.text(alphabet=st.characters(), max_size=300))
def test_clean_folder_name_is_always_acceptable_and_stable(name: str) -> None:
    cleaned = clean_folder_name(name)
    assert cleaned
    assert cleaned not in {".", ".."}
    assert cleaned == cleaned.strip()
    assert not set(cleaned) & set(':/"')
    assert all(unicodedata.category(c) not in {"Cc", "Cs"} for c in cleaned)
    assert len(cleaned.encode("utf-16-le")) <= 256
    assert clean_folder_name(cleaned) == cleaned


def test_folders_reads_the_tree() -> None:
    root = client(ScriptedTransport(lambda _: TREE)).folders()
    assert [(f.id, f.path, f.view, f.parent_id, f.count, f.size) for f in root.walk()] == [
        ("1", "/", "", "11", 0, 0),
        ("10", "/Calendar", "appointment", "1", 12, 3400),
        ("7", "/Contacts", "contact", "1", 3, 99),
        ("300", "/Contacts/Écoles & lycées", "contact", "7", 1, 1),
        ("301", "/Agenda du service", "appointment", "1", 0, 0),
        ("302", "/Non lus", "", "1", 0, 0),
    ]
    assert [f.id for f in root.walk() if f.is_mountpoint] == ["301"]
    assert [f.rights for f in root.walk() if f.is_mountpoint] == ["rwidx"]
    assert [f.id for f in root.walk() if f.is_search] == ["302"]


def test_create_folder_sends_the_cleaned_name() -> None:
    transport = ScriptedTransport(
        lambda _: '<CreateFolderResponse><folder id="300" name="a-b" l="7"/></CreateFolderResponse>'
    )
    folder = client(transport).create_folder("a/b", "7", "contact")
    assert dict(transport.requests[0][0].attrib) == {"name": "a-b", "l": "7", "view": "contact"}
    assert (folder.id, folder.name) == ("300", "a-b")


def test_create_folder_is_repeatable_only_when_an_existing_one_will_do() -> None:
    transport = ScriptedTransport(lambda _: '<CreateFolderResponse><folder id="300"/></CreateFolderResponse>')
    used = client(transport)
    used.create_folder("a", existing_ok=True)
    used.create_folder("a")
    assert [request[0].get("fie") for request in transport.requests] == ["1", None]
    assert [sent.repeatable for sent in transport.sent] == [True, False]


def test_create_folder_whose_name_is_taken_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        client(ScriptedTransport(lambda _: fault("mail.ALREADY_EXISTS"))).create_folder("a")
    assert caught.value.code == "mail.ALREADY_EXISTS"
