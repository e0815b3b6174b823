import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.each import each
from tests.zimbra.scripted_transport import ScriptedTransport, fault
from tests.zimbra.verbs.scripts import refused, scripted
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused, Taken
from zimbra.verbs.folders import clean_folder_name, clean_folder_path

TREE = """<GetFolderResponse xmlns="urn:zimbraMail">
<folder id="1" name="USER_ROOT" absFolderPath="/" l="11" n="0" s="0">
  <folder id="10" name="Calendar" absFolderPath="/Calendar" l="1" view="appointment" n="12" s="3400"/>
  <folder id="7" name="Contacts" l="1" view="contact" n="3" s="99">
    <folder id="300" name="Écoles &amp; lycées" l="7" view="contact" n="1" s="1"/></folder>
  <link id="301" name="Agenda du service" l="1" view="appointment" perm="rwidx" zid="z" rid="10"/>
  <search id="302" name="Non lus" l="1" query="is:unread"/></folder></GetFolderResponse>"""


def client(transport: ScriptedTransport) -> ZimbraClient:
    return ZimbraClient.sign_in("http://zimbra.test", "a@b.fr", "secret", transport=transport)


@each(
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


DETAILED = """<folder id="1" name="USER_ROOT" absFolderPath="/" l="11">
<folder id="300" uuid="u-300" name="École" absFolderPath="/École" l="1" f="#*i" color="5" u="2" url="http://x.fr/a.ics"/>
<folder id="301" name="Bleu" absFolderPath="/Bleu" l="1" rgb="#0000ff"/>
<search id="302" name="Non lus" absFolderPath="/Non lus" l="1" query="is:unread"/></folder>"""


def test_folders_are_read_with_flags_colours_and_queries() -> None:
    used, server = scripted({"GetFolder": DETAILED})
    root = used.folders(view="appointment", remote=True)
    school = root.find("école/")
    assert school is not None
    assert (school.is_subscribed, school.is_checked, school.inherits) == (True, True, False)
    assert (school.colour, school.unread, school.uuid, school.url) == (5, 2, "u-300", "http://x.fr/a.ics")
    blue = root.find_id("301")
    assert blue is not None
    assert (blue.rgb, blue.is_subscribed, blue.inherits) == ("#0000ff", False, True)
    assert root.find("/") is root
    assert root.find("/nulle part") is None
    assert [one.query for one in root.walk() if one.is_search] == ["is:unread"]
    assert server.asked("GetFolder") == ['[view="appointment" tr="1" needGranteeName="0"]']


def test_one_folder_by_id_or_by_path() -> None:
    used, server = scripted({"GetFolder": ['<folder id="300" name="x" l="1"/>', refused("mail.NO_SUCH_FOLDER")]})
    assert used.folder("300").name == "x"
    with pytest.raises(NotFound):
        used.folder_at("Contacts/Écoles/")
    assert [text[text.index("<") :] for text in server.asked("GetFolder")] == [
        '<folder l="300"/>',
        '<folder path="/Contacts/Écoles"/>',
    ]


def test_clean_folder_path_cleans_each_name() -> None:
    assert clean_folder_path("Listes//6:A/ Envoyé ") == "/Listes/6-A/Envoyé"


def test_create_folder_path_names_no_parent() -> None:
    used, server = scripted({"CreateFolder": '<folder id="310" name="Envoyé" l="309"/>'})
    used.create_folder_path("Listes/Conseil/Envoyé", "message", existing_ok=True, colour=3, flags="#*")
    assert server.asked("CreateFolder") == [
        '<folder name="/Listes/Conseil/Envoyé" view="message" f="#*" color="3" fie="1"/>'
    ]


def test_create_folder_paths_go_together_and_fail_alone() -> None:
    made = '<folder id="310" name="x" l="1"/>'
    used, server = scripted({"CreateFolder": [made, refused("mail.INVALID_NAME"), made]})
    results = used.create_folder_paths(["a/b", "c", "d"])
    assert [result.done for result in results] == [True, False, True]
    assert results[0].get().id == "310"
    assert (len(server.requests), server.sent[0].repeatable) == (1, True)


def test_folder_operations_as_zimbra_names_them() -> None:
    used, server = scripted({"FolderAction": '<action id="300"/>'})
    used.rename_folder("300", "6:A")
    used.move_folder("300", "7")
    used.trash_folder("300")
    used.colour_folder("300", 0)
    used.colour_folder("300", "#00FF00")
    used.check_folder("300")
    used.uncheck_folder("300")
    used.mark_folder_read("300")
    used.exclude_from_free_busy("300", excluded=False)
    used.empty_folder("300")
    used.delete_folder("300")
    assert [text.split("<action ")[1].removesuffix("/>") for text in server.asked("FolderAction")] == [
        'op="rename" id="300" name="6-A"',
        'op="move" id="300" l="7"',
        'op="trash" id="300"',
        'op="color" id="300" color="0"',
        'op="color" id="300" rgb="#00ff00"',
        'op="check" id="300"',
        'op="!check" id="300"',
        'op="read" id="300"',
        'op="fb" id="300" excludeFreeBusy="0"',
        'op="empty" id="300" recursive="0"',
        'op="delete" id="300"',
    ]
    again = [sent.repeatable for sent in server.sent]
    # What empties or marks a folder takes also what came since the first time.
    assert again == [True, True, False, True, True, True, True, False, True, False, False]


@each(
    ("flags", "on", "sent"),
    [("#i", True, ["#i*"]), ("#*i", False, ["#i"]), ("*", False, [""]), ("#*", True, []), ("#", False, [])],
)
def test_subscribe_changes_no_other_flag(flags: str, on: bool, sent: list[str]) -> None:
    used, server = scripted(
        {"GetFolder": f'<folder id="300" name="x" l="1" f="{flags}"/>', "FolderAction": '<action id="300"/>'}
    )
    if on:
        used.subscribe("300")
    else:
        used.unsubscribe("300")
    assert server.asked("FolderAction") == [f'<action op="update" id="300" f="{one}"/>' for one in sent]


@pytest.mark.parametrize(("code", "error"), [("mail.ALREADY_EXISTS", Taken), ("mail.IMMUTABLE_OBJECT", Refused)])
def test_rename_folder_that_may_not_be(code: str, error: type[Refused]) -> None:
    used, _ = scripted({"FolderAction": refused(code)})
    with pytest.raises(error) as caught:
        used.rename_folder("7", "x")
    assert caught.value.code == code
