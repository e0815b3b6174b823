"""Every function that writes about boxes, called by everybody: whoever may not is refused there too, whatever page,
task or command led to it, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Agent, Establishment
from boxes import conventions, delegations, identities, registry, shares, tags, transfer
from boxes.census import account_requests, declaring, handed_in, listed_boxes, states
from boxes.models import (
    AccountRequest,
    Box,
    BoxFinding,
    BoxIdentity,
    BoxShare,
    CensusEntry,
    CensusImport,
    CensusSheet,
    Delegation,
    Role,
    TeamTag,
)
from boxes.reconcile import decisions
from tests.boxes.cast import FOLDERS, ROLES, Scene, make_scene, tables_written

pytestmark = pytest.mark.django_db

SENTENCES = (
    delegations.DelegationError,
    states.CensusError,
    account_requests.RequestError,
    registry.RegistryError,
    identities.IdentityError,
)
OWNER, STAFF, NOBODY = {"owner"}, {"staff"}, set[str]()
OVERSEEING = OWNER | STAFF
LEADING = {"head", "staff"}
CENSUS = LEADING | {"declared"}
WRITING = {"member", "owner"}


class Things:
    """The rows that the writers are handed."""

    def __init__(self, scene: Scene, role: str) -> None:
        self.scene, self.by = scene, scene.people[role]
        self.box, self.census_box, self.ids = scene.box, scene.census_box, scene.ids
        self.place: Establishment = scene.box.establishment
        self.somebody = Agent.objects.get(pk=self.ids["somebody"])
        # The person's own access, if there is any; somebody else's otherwise.
        rows = Delegation.objects.filter(box=self.box)
        self.own = rows.filter(agent=self.by).first() or self.one(Delegation, "delegation_id")
        own = identities.of(self.own).first()
        self.own_identity = own or self.one(BoxIdentity, "identity_id")

    def one(self, model: Any, number: str) -> Any:
        return model.objects.get(pk=self.ids[number])


def _handed_over(things: Things) -> None:
    CensusSheet.objects.filter(establishment=things.place).update(state=CensusSheet.State.SUBMITTED)


def _refused(things: Things) -> None:
    AccountRequest.objects.filter(pk=things.ids["request_id"]).update(state=AccountRequest.State.REFUSED)


WISH = identities.Wish(name="Astreinte", from_name="Direction")
PERSON = declaring.Person(given_name="Max", family_name="Grondin", job="Cuisine", employer="Région", contact="")
Writer = tuple[Callable[[Things], object], set[str]]
WRITERS: dict[str, Writer] = {
    "grant": (lambda t: delegations.grant(box=t.box, agent=t.somebody, role=Role.MEMBER, by=t.by), OWNER),
    "grant what was found in Zimbra": (
        lambda t: delegations.grant(box=t.box, agent=t.somebody, role=Role.MEMBER, by=t.by, settling=True),
        OVERSEEING,
    ),
    "change a role": (
        lambda t: delegations.change_role(delegation=t.one(Delegation, "delegation_id"), role=Role.OWNER, by=t.by),
        OWNER,
    ),
    "revoke": (lambda t: delegations.revoke(delegation=t.one(Delegation, "delegation_id"), by=t.by), OWNER),
    "appoint an owner": (lambda t: delegations.appoint_owner(box=t.box, agent=t.somebody, by=t.by), STAFF),
    "leave": (lambda t: delegations.give_up(delegation=t.own, by=t.by), {"reader", "member", "owner", "pending"}),
    "leave for somebody else": (
        lambda t: delegations.give_up(delegation=t.one(Delegation, "delegation_id"), by=t.by),
        NOBODY,
    ),
    "hide": (lambda t: delegations.hide(delegation=t.own, by=t.by), {"reader", "member", "owner"}),
    "hide for somebody else": (
        lambda t: delegations.hide(delegation=t.one(Delegation, "delegation_id"), by=t.by),
        NOBODY,
    ),
    "have Zimbra tried anew": (lambda t: delegations.retry(box=t.box, by=t.by), OVERSEEING),
    "share": (
        lambda t: shares.share(box=t.box, folder=FOLDERS[3], agent=t.somebody, access=BoxShare.Access.READ, by=t.by),
        OWNER,
    ),
    "change a share": (
        lambda t: shares.change_access(share=t.one(BoxShare, "share_id"), access=BoxShare.Access.WRITE, by=t.by),
        OWNER,
    ),
    "revoke a share": (lambda t: shares.revoke(share=t.one(BoxShare, "share_id"), by=t.by), OWNER),
    "agree on a tag": (lambda t: tags.add(box=t.box, name="À classer", colour=3, meaning="", by=t.by), OWNER),
    "begin with tags": (lambda t: tags.add_proposals(box=t.box, by=t.by), OWNER),
    "change a tag": (
        lambda t: tags.change(tag=t.one(TeamTag, "tag_id"), name="Hâtif", colour=1, meaning="", by=t.by),
        OWNER,
    ),
    "remove a tag": (lambda t: tags.remove(tag=t.one(TeamTag, "tag_id"), by=t.by), OWNER),
    "have tags made": (lambda t: tags.ask_for_copies(delegation=t.own, by=t.by), WRITING),
    "have tags made for somebody else": (
        lambda t: tags.ask_for_copies(delegation=t.one(Delegation, "delegation_id"), by=t.by),
        NOBODY,
    ),
    "write the conventions": (
        lambda t: conventions.write(
            box=t.box, text="Chacun son tour.", begun_with=conventions.version_of(t.box.conventions), by=t.by
        ),
        OWNER,
    ),
    "add an identity": (lambda t: identities.add(delegation=t.own, wish=WISH, by=t.by), WRITING),
    "change an identity": (lambda t: identities.change(identity=t.own_identity, wish=WISH, by=t.by), WRITING),
    "remove an identity": (lambda t: identities.remove(identity=t.own_identity, by=t.by), WRITING),
    "have an identity tried anew": (lambda t: identities.retry(delegation=t.own, by=t.by), WRITING),
    "add an identity to somebody else": (
        lambda t: identities.add(delegation=t.one(Delegation, "delegation_id"), wish=WISH, by=t.by),
        NOBODY,
    ),
    "change an identity of somebody else": (
        lambda t: identities.change(identity=t.one(BoxIdentity, "identity_id"), wish=WISH, by=t.by),
        NOBODY,
    ),
    "remove an identity of somebody else": (
        lambda t: identities.remove(identity=t.one(BoxIdentity, "identity_id"), by=t.by),
        NOBODY,
    ),
    "put Zimbra back": (lambda t: decisions.restore(finding=t.one(BoxFinding, "finding_id"), by=t.by), OVERSEEING),
    "take over from Zimbra": (
        lambda t: decisions.adopt(finding=t.one(BoxFinding, "finding_id"), by=t.by),
        OVERSEEING,
    ),
    "add a box to the census": (
        lambda t: listed_boxes.add(establishment=t.place, address="infirmerie", name="Infirmerie", by=t.by),
        LEADING,
    ),
    "rename a box of the census": (lambda t: listed_boxes.rename(box=t.census_box, name="Internat", by=t.by), CENSUS),
    "take a box out of the census": (lambda t: listed_boxes.remove(box=t.census_box, by=t.by), CENSUS),
    "say a box serves no more": (lambda t: listed_boxes.keep(box=t.census_box, kept=False, by=t.by), CENSUS),
    "enter somebody": (
        lambda t: declaring.add(box=t.census_box, agent=t.somebody, role=Role.OWNER, by=t.by),
        CENSUS,
    ),
    "change an entry": (
        lambda t: declaring.change_role(entry=t.one(CensusEntry, "entry_id"), role=Role.READER, by=t.by),
        CENSUS,
    ),
    "take an entry out": (lambda t: declaring.remove(entry=t.one(CensusEntry, "entry_id"), by=t.by), CENSUS),
    "copy entries": (
        lambda t: declaring.copy(box=t.census_box, source=t.one(Box, "source"), by=t.by),
        CENSUS,
    ),
    "enter who uses it": (lambda t: declaring.add_users(box=t.census_box, agents=None, by=t.by), CENSUS),
    "enter somebody without account": (
        lambda t: declaring.add_without_account(box=t.census_box, person=PERSON, role=Role.MEMBER, by=t.by),
        CENSUS,
    ),
    "hand a list in": (
        lambda t: handed_in.take(
            establishment=t.place, box=t.census_box, data=b"a@ac-reunion.fr;membre\n", name="", by=t.by
        ),
        CENSUS,
    ),
    "delete somebody else's list": (
        lambda t: handed_in.delete(kept=t.one(CensusImport, "import_id"), by=t.by),
        NOBODY,
    ),
    "submit a census": (lambda t: states.submit(establishment=t.place, by=t.by), LEADING),
    "validate a census": (lambda t: (_handed_over(t), states.validate(establishment=t.place, by=t.by)), STAFF),
    "reopen a census": (
        lambda t: (_handed_over(t), states.reopen(establishment=t.place, by=t.by, reason="Une boîte manquait.")),
        LEADING,
    ),
    "remind": (lambda t: states.remind(establishments=[t.place], by=t.by), STAFF),
    "accept a request": (
        lambda t: account_requests.accept(request=t.one(AccountRequest, "request_id"), agent=t.somebody, by=t.by),
        LEADING,
    ),
    "refuse a request": (
        lambda t: account_requests.refuse(request=t.one(AccountRequest, "request_id"), answer="Inconnu.", by=t.by),
        LEADING,
    ),
    "send a request again": (
        lambda t: (_refused(t), account_requests.send_again(request=t.one(AccountRequest, "request_id"), by=t.by)),
        LEADING,
    ),
    "register a box": (
        lambda t: registry.create(address="neuve@ac-reunion.fr", name="Neuve", establishment=t.place, by=t.by),
        STAFF,
    ),
    "correct a box": (lambda t: registry.change(box=t.box, name="Autre", establishment=None, by=t.by), STAFF),
    "transfer": (lambda t: transfer.start(boxes=[t.census_box], by=t.by), STAFF),
}
# Written by the test itself, before the writer is called.
PREPARED = {
    "validate a census": "boxes_censussheet",
    "reopen a census": "boxes_censussheet",
    "send a request again": "boxes_accountrequest",
}


@pytest.mark.parametrize("role", ROLES)
def test_each_writes_what_is_theirs_to_write(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)
    scene = make_scene()
    wrong = []
    for name, (write, may) in WRITERS.items():
        refused = ""
        with transaction.atomic():
            things = Things(scene, role)
            with tables_written() as written:
                try:
                    write(things)
                except SENTENCES as error:
                    refused = error.sentence
            transaction.set_rollback(True)
        written.discard(PREPARED.get(name, ""))
        if bool(refused) == (role in may) or (refused and written):
            wrong.append((name, refused, written))
        elif role in may and "accounts_journalentry" not in written and name != "have an identity tried anew":
            wrong.append((name, "no journal", written))
    assert not wrong


@pytest.mark.parametrize("role", ["owner", "member", "staff", "head"])
def test_whoever_has_left_the_directory_writes_nothing(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the account was closed after the page had been opened."""
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)
    scene = make_scene()
    Agent.objects.filter(pk=scene.people[role].pk).update(is_active=False)
    wrong = []
    for name in ("grant", "change a role", "revoke", "appoint an owner", "have Zimbra tried anew", "put Zimbra back"):
        with transaction.atomic():
            things = Things(scene, role)
            try:
                WRITERS[name][0](things)
            except SENTENCES:
                pass
            else:
                wrong.append(name)
            transaction.set_rollback(True)
    assert not wrong
