"""What the lists do once they are set up, and what is kept when they are taken back in use."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from accounts.models import Agent
from bascule.lists.planning import MAY_SEND, may_send
from bascule.lists.wishes import SUBFOLDERS
from bascule.mailbox_look import look_through
from bascule.models import Replay
from bascule.replays import results
from bascule.replays.acts import Outcome
from tests.bascule.lists.setting_up import ADDRESS, add, carried, prepared, settings_of, undone, worked
from tests.simulated import Simulated
from zimbra.client import ZimbraClient
from zimbra.types.filter_actions import FileInto, Stop
from zimbra.types.filter_tests import HeaderTest
from zimbra.types.filters import FilterRule
from zimbra.types.mail import Correspondent, NewMessage

pytestmark = pytest.mark.django_db


def message(subject: str, **headers: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "parent@ailleurs.example", subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Bonjour")
    return mail.as_bytes()


def subjects(client: ZimbraClient, path: str) -> set[str]:
    return {one.subject for one in client.messages(f'in:"{path}"')}


def test_mail_of_the_list_is_filed_and_other_mail_is_not(agent: Agent, mailbox: ZimbraClient, door: Simulated) -> None:
    # A rule of the person that would file everything elsewhere.
    mine = FilterRule(name="tout", tests=(HeaderTest("from", "parent@"),), actions=(FileInto("Parents"), Stop()))
    mailbox.replace_filters((mine,))
    carried(add(agent, also_headers=True), mailbox)
    for subject, headers in {
        "to": {"To": f"Profs <{ADDRESS}>"},
        "cc": {"To": agent.address, "Cc": f"x@y.fr, {ADDRESS.upper()}"},
        "list-id": {"To": agent.address, "List_Id": f"STI2D <{ADDRESS.replace('@', '.')}>"},
        "mine": {"To": agent.address},
        "longer": {"To": f"vieux-{ADDRESS}"},
        "subject": {"To": agent.address, "Keywords": ADDRESS},
    }.items():
        door.deliver(agent.address, message(subject, **headers))
    assert subjects(mailbox, ADDRESS) == {"to", "cc", "list-id"}
    assert subjects(mailbox, "Parents") == {"mine", "longer", "subject"}


def test_what_is_written_as_the_list_has_its_copy_in_its_folder(
    agent: Agent, mailbox: ZimbraClient, door: Simulated
) -> None:
    with door.admin() as admin:
        account = admin.get_account(agent.address)
        made = admin.create_list(ADDRESS)
        admin.modify_list(made.id, {"zimbraACE": f"{account.id} usr sendAsDistList"})
        try:
            seen = look_through(mailbox)
            assert (may_send(ADDRESS, seen), seen.send_lists) == (MAY_SEND, (ADDRESS,))
            carried(add(agent), mailbox)
            [identity] = [one for one in mailbox.identities() if not one.is_default]
            to = (Correspondent("parent@ailleurs.example"),)
            as_list = Correspondent(ADDRESS, "Professeurs STI2D")
            mailbox.send(NewMessage(to, subject="list", text="x", sender=as_list, identity_id=identity.id))
            mailbox.send(NewMessage(to, subject="mine", text="x"))
        finally:
            admin.delete_list(made.id)
    assert subjects(mailbox, f"{ADDRESS}/Envoyé") == {"list"}
    assert subjects(mailbox, "Sent") == {"mine"}


def test_folder_with_mail_is_kept_and_told_when_the_rest_is_taken_back(
    agent: Agent, mailbox: ZimbraClient, door: Simulated
) -> None:
    replay = carried(add(agent), mailbox)
    door.deliver(agent.address, message("to", To=ADDRESS))
    undone(replay)
    assert replay.state == Replay.State.UNDONE
    [left] = [act for act in results.acts_of(replay) if act.outcome == Outcome.LEFT]
    assert left.detail == "Il n’est pas vide : il est gardé, avec ce qu’il contient."
    assert subjects(mailbox, ADDRESS) == {"to"}
    assert not [one for one in mailbox.folders().walk() if one.path.startswith(f"/{ADDRESS}/")]
    assert (mailbox.filters(), mailbox.signatures(), len(mailbox.identities())) == ((), [], 1)


def test_what_was_added_or_changed_meanwhile_stays(agent: Agent, mailbox: ZimbraClient) -> None:
    replay = carried(add(agent), mailbox)
    [identity] = [one for one in mailbox.identities() if not one.is_default]
    mailbox.change_identity(identity.id, {"zimbraPrefFromDisplay": "Autre nom"})
    mailbox.create_folder("2026", mailbox.folder_at(f"/{ADDRESS}/Archives").id)
    mine = FilterRule(name="à moi", tests=(HeaderTest("subject", "x"),), actions=(FileInto("X"),))
    mailbox.put_filter(mine)
    undone(replay)
    left = {act.label for act in results.acts_of(replay) if act.outcome == Outcome.LEFT}
    # The folder that holds another, and the one that holds that.
    assert left == {
        f"Créer l’identité « {ADDRESS} »",
        "Créer le sous-dossier « Archives »",
        f"Créer le dossier « {ADDRESS} »",
    }
    assert [one.name for one in mailbox.filters()] == ["à moi"]
    assert mailbox.filters("outgoing") == ()


def test_part_made_by_hand_between_plan_and_sending_is_used(agent: Agent, mailbox: ZimbraClient) -> None:
    replay = prepared(add(agent), mailbox)
    made = mailbox.create_folder(ADDRESS, view="message")
    before = settings_of(mailbox)
    worked(replay)
    assert (replay.state, replay.differences) == (Replay.State.DONE, 0)
    assert mailbox.folder_at(f"/{ADDRESS}").id == made.id
    undone(replay)
    assert settings_of(mailbox) == before


def test_name_taken_stops_the_replay_and_undo_leaves_what_has_it(agent: Agent, mailbox: ZimbraClient) -> None:
    replay = prepared(add(agent), mailbox)
    book = mailbox.create_folder(ADDRESS, view="contact")
    worked(replay)
    assert (replay.state, replay.error_code) == (Replay.State.FAILED, "name_taken")
    assert ADDRESS in results.error_of(replay)
    undone(replay)
    assert mailbox.folder(book.id).view == "contact"


def test_list_whose_folder_was_deleted_is_set_up_again(agent: Agent, mailbox: ZimbraClient) -> None:
    row = add(agent)
    replay = carried(row, mailbox)
    mailbox.delete_folder(mailbox.folder_at(f"/{ADDRESS}").id)
    # What is gone is made again, and the rules that Zimbra switched off with it are told.
    again = carried(row, mailbox, put_right=["incoming", "outgoing"])
    assert (again.state, again.differences) == (Replay.State.DONE, 0)
    assert all(mailbox.folders().find(f"/{ADDRESS}/{name}") for name in SUBFOLDERS)
    assert [one.active for one in (*mailbox.filters(), *mailbox.filters("outgoing"))] == [True, True]
    assert replay.state == Replay.State.DONE


def test_signature_with_markup_is_put_below_and_read_back_equal(agent: Agent, mailbox: ZimbraClient) -> None:
    html = '<p style="color: #333">Bien à vous,<br><b>L’équipe</b> — <a href="https://lycee.example/">le lycée</a></p>'
    replay = carried(add(agent, signature_html=html, signature_text="Bien à vous"), mailbox)
    assert (replay.state, results.findings_of(replay)) == (Replay.State.DONE, [])
    [signature] = mailbox.signatures()
    assert signature.text == "Bien à vous"
    assert "https://lycee.example/" in signature.html
    # The person's own messages go on without it.
    assert mailbox.default_identity().signature_id == ""
