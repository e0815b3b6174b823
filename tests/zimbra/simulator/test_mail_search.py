"""Search over messages and conversations; other kinds are in test_search."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.each import each
from tests.zimbra.simulator.mails import add, find, ids, letter, share
from tests.zimbra.simulator.wire import Fault, Wire
from zimbra.simulator.server import SimulatorServer

ATTACHED = letter("Plan", MIME_Version="1.0", Content_Type="multipart/mixed; boundary=b").replace(
    "\n\nLe texte.\n",
    "\n\n--b\n\nvoici\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=Etage-2.pdf\n"
    "Content-Transfer-Encoding: base64\n\nAAEC\n--b--\n",
)


@pytest.fixture
def filled(agent: Wire) -> Wire:
    people = {"sender": "Marie Hoarau <marie.hoarau@ecole.fr>", "Cc": "Paul <paul@lycee.fr>"}
    add(agent, letter("Réunion de rentrée", "Salle des professeurs", **people), f="u", d="1756684800000")
    menu = letter("Cantine", "Le menu du 3 mars", sender="Jean <jean@ecole.fr>", Importance="high")
    add(agent, menu, f="f", tn="Midi", d="1756771200000")
    add(agent, ATTACHED, d="1756857600000")
    add(agent, letter("Jeté", "au rebut"), folder="3")
    add(agent, letter("Publicité", "x" * 3000), folder="4")
    return agent


def subjects(agent: Wire, query: str, **attrs: str) -> list[str]:
    return [m.findtext("su") for m in find(agent, query, **attrs)]


@each(
    ("query", "found"),
    [
        ("in:inbox", ["Plan", "Cantine", "Réunion de rentrée"]),
        ("subject:reunion", ["Réunion de rentrée"]),
        ("subject:(rentrée réunion)", ["Réunion de rentrée"]),
        ('subject:"réunion de"', ["Réunion de rentrée"]),
        ('subject:"de réunion"', []),
        ("subject:(cantine OR plan)", ["Plan", "Cantine"]),
        ("subject:prof*", []),
        ("prof*", ["Réunion de rentrée"]),
        ("prof", []),
        ("*esseurs", ["Réunion de rentrée"]),
        ("subject:c*t*ne", ["Cantine"]),
        ("from:marie.hoarau@ecole.fr", ["Réunion de rentrée"]),
        ("from:hoarau", ["Réunion de rentrée"]),
        ("from:@ecole.fr", ["Cantine", "Réunion de rentrée"]),
        ("from:ecole", ["Cantine", "Réunion de rentrée"]),
        ("FROM:MAR*", ["Plan", "Réunion de rentrée"]),
        ("to:marie", []),
        ("cc:paul", ["Réunion de rentrée"]),
        ("tofrom:jean", ["Cantine"]),
        ("is:unread", ["Réunion de rentrée"]),
        ("in:inbox is:read", ["Plan", "Cantine"]),
        ("is:flagged", ["Cantine"]),
        ("has:attachment", ["Plan"]),
        ("in:inbox -has:attachment", ["Cantine", "Réunion de rentrée"]),
        ("filename:etage*", ["Plan"]),
        ("type:pdf", ["Plan"]),
        ("attachment:application/pdf", ["Plan"]),
        ("tag:midi", ["Cantine"]),
        ("tag:inconnu", []),
        ("priority:high", ["Cantine"]),
        ("larger:2k is:anywhere", ["Publicité"]),
        ("in:inbox smaller:10b", []),
        ("rebut", []),
        ("rebut in:trash", ["Jeté"]),
        ("is:anywhere rebut", ["Jeté"]),
        ("after:1/9/2025", ["Plan", "Cantine"]),
        ("before:2025/9/2", ["Réunion de rentrée"]),
        ("date:2/9/2025", ["Cantine"]),
        ("date:>=2/9/2025", ["Plan", "Cantine"]),
        ('date:"<2/9/2025"', ["Réunion de rentrée"]),
        ("date:20250903", ["Plan"]),
        ("after:-1d", []),
        ("NOT (from:ecole OR has:attachment) in:inbox", []),
        ("menu AND from:jean", ["Cantine"]),
        ("inid:2 cantine", ["Cantine"]),
        ("underid:1 cantine", ["Cantine"]),
        ("subject:Re: cantine", []),
        ("#X-Autre:x", []),
    ],
)
def test_query_finds_messages(filled: Wire, query: str, found: list[str]) -> None:
    assert subjects(filled, query) == found


@each("query", ["larger:beaucoup", "date:demain", "subject:()", "priority:moyenne", "conv:abc", "a OR", "OR a"])
def test_query_that_makes_no_sense_is_told(filled: Wire, query: str) -> None:
    with pytest.raises(Fault) as refused:
        find(filled, query)
    assert refused.value.code == "mail.QUERY_PARSE_ERROR"


@pytest.mark.parametrize("query", ['in:"Nulle part"', "under:absent", "inid:9999"])
def test_query_in_an_unknown_folder_is_told(filled: Wire, query: str) -> None:
    with pytest.raises(Fault) as refused:
        find(filled, query)
    assert refused.value.code == "mail.NO_SUCH_FOLDER"


def test_very_long_query_is_refused_and_not_run(filled: Wire) -> None:
    with pytest.raises(Fault) as refused:
        find(filled, " OR ".join(f"mot{number}" for number in range(2000)))
    assert refused.value.code == "mail.QUERY_PARSE_ERROR"


@each(
    ("sort", "found"),
    [
        ("dateAsc", ["Réunion de rentrée", "Cantine", "Plan"]),
        ("subjAsc", ["Cantine", "Plan", "Réunion de rentrée"]),
        ("subjDesc", ["Réunion de rentrée", "Plan", "Cantine"]),
        ("nameAsc", ["Cantine", "Réunion de rentrée", "Plan"]),
        ("sizeDesc", ["Plan", "Réunion de rentrée", "Cantine"]),
        ("none", ["Réunion de rentrée", "Cantine", "Plan"]),
    ],
)
def test_messages_come_in_the_order_asked_for(filled: Wire, sort: str, found: list[str]) -> None:
    answer = find(filled, "in:inbox", sortBy=sort)
    assert [m.findtext("su") for m in answer] == found
    assert answer.get("sortBy") == sort


def test_many_jokers_take_no_time_to_speak_of(agent: Wire) -> None:
    add(agent, letter("Long", "a" * 150_000))
    assert len(find(agent, "a*" * 500 + "b")) == 0
    assert len(find(agent, "a*a*a")) == 1


def test_pages_are_cut_and_say_whether_there_is_more(filled: Wire) -> None:
    first = find(filled, "in:inbox", limit="2")
    assert (len(first), first.get("more"), first.get("offset")) == (2, "1", "0")
    last = find(filled, "in:inbox", limit="2", offset="2")
    assert (len(last), last.get("more"), last.get("offset")) == (1, "0", "2")


def test_cursor_goes_on_after_a_hit(filled: Wire) -> None:
    first = find(filled, "in:inbox", limit="1")[0]
    request = (
        '<SearchRequest types="message" limit="5"><query>in:inbox</query>'
        f'<cursor id="{first.get("id")}" sortVal="{first.get("sf")}"/></SearchRequest>'
    )
    assert [m.findtext("su") for m in filled.mail(request)] == ["Cantine", "Réunion de rentrée"]


def test_only_ids_are_given_when_wanted(filled: Wire) -> None:
    answer = find(filled, "in:inbox", resultMode="IDS")
    assert [one.tag for one in answer] == ["hit"] * 3


def test_first_hit_is_opened_and_read_by_fetch(filled: Wire) -> None:
    answer = find(filled, "subject:reunion", fetch="1", read="1", html="1")
    assert answer[0].find("mp").findtext("content").strip() == "Salle des professeurs"
    assert subjects(filled, "is:unread") == []


@each("fetch", ["", " ", "texte", "1.0", "^//"])
def test_fetch_that_means_nothing_is_refused(filled: Wire, fetch: str) -> None:
    with pytest.raises(Fault) as refused:
        find(filled, "in:inbox", fetch=fetch)
    assert refused.value.code == "service.INVALID_REQUEST"


@each(("fetch", "opened"), [(" 1", 1), ("0", 0), ("all", 3), ("-5", 0), ("u", 1), ("123456", 0)])
def test_fetch_opens_what_it_names(filled: Wire, fetch: str, opened: int) -> None:
    assert len(find(filled, "in:inbox", fetch=fetch).findall("m/mp")) == opened


def test_index_is_always_up_to_date(admin: Wire, agent: Wire) -> None:
    account = agent.soap('<GetInfoRequest xmlns="urn:zimbraAccount" sections="mbox"/>').findtext("id")
    for action, status in (("start", "started"), ("status", "idle")):
        answer = admin.admin(f'<ReIndexRequest action="{action}"><mbox id="{account}"/></ReIndexRequest>')
        assert answer.get("status") == status


def test_missing_query_is_the_initial_search_of_the_account(filled: Wire) -> None:
    assert len(filled.mail('<SearchRequest types="message"/>')) == 3


def test_conversations_are_found_by_their_messages(filled: Wire) -> None:
    add(filled, letter("Re: Cantine", "et le mien", sender="Luc <luc@x.fr>"), f="u", d="1756943999000")
    answer = find(filled, "menu", types="conversation")
    (found,) = answer
    assert (found.get("n"), found.get("u"), found.get("f")) == ("2", "1", "fu!")
    assert [e.get("a") for e in found.findall("e")] == ["jean@ecole.fr", "luc@x.fr"]
    assert len(found.findall("m")) == 1
    assert found.findtext("su") == "Cantine"
    assert len(find(filled, "cantine", types="conversation")) == 1
    assert len(find(filled, "in:inbox", types="conversation")) == 3
    assert find(filled, f"conv:{found.get('id')}").get("more") == "0"
    assert len(find(filled, f'conv:"{found.get("id")}"')) == 2


def test_several_kinds_come_in_one_order(filled: Wire) -> None:
    filled.contact(lastName="Cantine")
    answer = find(filled, "cantine", types="message,contact", sortBy="dateAsc")
    assert [one.tag for one in answer] == ["m", "cn"]


def test_deleted_messages_of_imap_are_found_only_when_wanted(agent: Wire) -> None:
    add(agent, f="x")
    assert len(find(agent, "in:inbox")) == 0
    assert len(find(agent, "in:inbox", includeTagDeleted="1")) == 1


# --- shared --------------------------------------------------------------------------------------------------------


@pytest.fixture
def owner(simulator: SimulatorServer, admin: Wire, address: str) -> Iterator[Wire]:
    """Somebody else, whose Inbox the agent reads through a link "Partage"."""
    name = address.replace("agent", "partageuse")
    admin.create_account(name)
    client = Wire(simulator.port).sign_in(name)
    add(client, letter("Pour tous", "commun"), f="u")
    add(client, letter("Ailleurs", "commun"), folder="5")
    share(client, "2", address, "r")
    yield client
    client.connection.close()


def link(agent: Wire, owner: Wire) -> str:
    me = owner.soap('<GetInfoRequest xmlns="urn:zimbraAccount" sections="mbox"/>')
    request = (
        f'<CreateMountpointRequest><link l="1" name="Partage" view="message" rid="2" zid="{me.findtext("id")}"/>'
        "</CreateMountpointRequest>"
    )
    agent.mail(request)
    return str(me.findtext("id"))


def test_search_in_a_link_finds_what_is_behind_with_its_owner_in_the_id(agent: Wire, owner: Wire) -> None:
    account = link(agent, owner)
    add(agent, letter("À moi", "commun"))
    for query in ('in:"Partage"', f'inid:"{account}:2"', "is:remote commun", "underid:1 -in:inbox commun"):
        found = find(agent, query)
        assert [m.findtext("su") for m in found] == ["Pour tous"], query
        assert found[0].get("id").startswith(f"{account}:"), query
        assert found[0].get("l") == f"{account}:2"
    assert subjects(agent, "commun") == ["À moi"]
    assert subjects(agent, "is:local commun") == ["À moi"]
    assert sorted(subjects(agent, "commun (in:inbox OR in:partage)")) == ["Pour tous", "À moi"]


def test_search_in_another_mailbox_sees_what_is_shared(agent: Wire, owner: Wire) -> None:
    account = link(agent, owner)
    request = '<SearchRequest types="message"><query>commun</query></SearchRequest>'
    found = agent.mail(request, context=f'<account by="id">{account}</account>')
    assert [m.findtext("su") for m in found] == ["Pour tous"]


def test_revoked_share_is_searched_no_more(agent: Wire, owner: Wire, address: str) -> None:
    account = link(agent, owner)
    mine = agent.soap('<GetInfoRequest xmlns="urn:zimbraAccount" sections="mbox"/>').findtext("id")
    owner.mail(f'<FolderActionRequest><action op="!grant" id="2" zid="{mine}"/></FolderActionRequest>')
    assert ids(find(agent, f'inid:"{account}:2"')) == []


@pytest.fixture
def half_read(agent: Wire) -> Wire:
    for number, flags in enumerate(("u", "u", "", "")):
        add(agent, letter(f"M{number}"), f=flags, d=str(1_700_000_000_000 + number * 1000))
    return agent


@pytest.mark.parametrize("types", ["message", "conversation"])
@pytest.mark.parametrize(("sort", "found"), [("readAsc", "M3 M2 M1 M0"), ("readDesc", "M1 M0 M3 M2")])
def test_within_what_is_read_or_not_the_latest_come_first(half_read: Wire, types: str, sort: str, found: str) -> None:
    pages = [
        half_read.mail(
            f'<SearchRequest types="{types}" sortBy="{sort}" limit="2" offset="{offset}"><query>in:inbox</query>'
            f'<cursor id="1" sortVal="7"/></SearchRequest>'
        )
        for offset in (0, 2)
    ]
    assert [one.findtext("su") for page in pages for one in page] == found.split()
    assert [page.get("more") for page in pages] == ["1", "0"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('from:">martin"', ["b", "c"]),
        ('from:">=Martin"', ["a", "b", "c"]),
        ('from:"<nina@x.fr"', ["a"]),
        ("from:<=nina@x.fr", ["a", "b"]),
        ('subject:">b"', ["c"]),
        ('-from:">martin"', ["a"]),
    ],
)
def test_senders_and_subjects_are_compared(agent: Wire, query: str, found: list[str]) -> None:
    for subject, sender in (("a", "Martin <z@x.fr>"), ("Re: b", "nina@x.fr"), ("c", "Zoé <a@x.fr>")):
        add(agent, letter(subject, sender=sender))
    assert sorted(s.removeprefix("Re: ") for s in subjects(agent, f"in:inbox {query}")) == found


@pytest.mark.parametrize("query", ["*antine", "*antin", "can*ne", "to:*gent", "to:*gen"])
def test_joker_at_the_beginning_leaves_the_end_open(agent: Wire, query: str) -> None:
    add(agent, letter("Menu", "La cantine est ouverte."))
    assert subjects(agent, query) == ["Menu"]
    assert subjects(agent, "*xantin") == []


@pytest.mark.parametrize(("kind", "found"), [("application/pdf", 1), ("application/octet-stream", 1), ("image", 0)])
def test_attachment_of_mere_bytes_is_found_by_the_name_of_its_file(agent: Wire, kind: str, found: int) -> None:
    head = letter("Plan", MIME_Version="1.0", Content_Type="multipart/mixed; boundary=b").partition("\n\n")[0]
    file = "Content-Type: application/octet-stream; name=plan.pdf\nContent-Disposition: attachment\n\nx"
    add(agent, f"{head}\n\n--b\n\nvoici\n--b\n{file}\n--b--\n")
    assert len(find(agent, f'attachment:"{kind}"')) == found


def test_message_that_says_when_it_arrived_is_dated_so(agent: Wire) -> None:
    add(agent, letter("Ancien", X_Zimbra_Received="Wed, 15 Jun 2005 10:00:00 +0200"))
    add(agent, letter("Nouveau", Date="Wed, 15 Jun 2005 10:00:00 +0200"))
    assert subjects(agent, "date:15/6/2005") == ["Ancien"]
