"""The functional boxes of the demo: some transferred and in use, some in a census under way; all of it done as people
would have done it, with what one of them changed behind the portal's back."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from django.conf import settings
from django.utils import timezone

from accounts.models import Agent, Establishment
from boxes import conventions, delegations, identities, looks, registry, shares, tags, transfer, uses, zimbra_door
from boxes.census import declaring, listed_boxes, states
from boxes.census.declaring import Person
from boxes.models import Box, BoxShare, Delegation, Role
from boxes.reconcile import checking
from boxes.sync import engine

WELCOME, EXAMS, SCHOOL, CANTEEN = "dsi.accueil", "examens", "ce.9740303c", "cantine.bois-de-nefles"
OFFICE, PUPILS = "ce.9740101a", "vie-scolaire.filaos"
COLLEGE_OFFICE, LIBRARY = "ce.9740202b", "cdi.ravine-blanche"

# Who is entered where: box, then person and role.
_ENTRIES: dict[str, tuple[tuple[str, Role], ...]] = {
    WELCOME: (
        ("yannick.payet", Role.OWNER),
        ("idriss.moutoussamy", Role.MEMBER),
        ("coralie.techer", Role.MEMBER),
        ("solene.riviere", Role.READER),
        ("beatrice.natel", Role.MEMBER),
    ),
    EXAMS: (
        ("franck.elma", Role.OWNER),
        ("ludivine.smith", Role.MEMBER),
        ("marie-ange.lucas", Role.READER),
        ("idriss.moutoussamy", Role.MEMBER),
    ),
    SCHOOL: (
        ("lucette.fontaine", Role.MEMBER),
        ("thierry.vitry", Role.MEMBER),
        ("bruno.cadet", Role.MEMBER),
        ("mickael.sautron", Role.READER),
        ("sabrina.hibon", Role.READER),
    ),
    CANTEEN: (("oceane.maillot", Role.OWNER), ("patrice.ah-kiem", Role.MEMBER), ("zoe.lefevre", Role.READER)),
    OFFICE: (("laurence.picard", Role.OWNER), ("ghislaine.atchy", Role.MEMBER), ("remi.lauret", Role.READER)),
    PUPILS: (("claire.robert", Role.MEMBER), ("anais.lebon", Role.MEMBER), ("fabrice.grondin", Role.READER)),
    COLLEGE_OFFICE: (("denis.virapin", Role.MEMBER), ("fatima.issop", Role.MEMBER)),
    LIBRARY: (("jade.ramassamy", Role.OWNER), ("hugo.morel", Role.MEMBER), ("vincent.clain", Role.READER)),
}
# Who ticked which boxes of the own establishment before the move.
_USES = {
    "solene.riviere": (WELCOME, EXAMS),
    "idriss.moutoussamy": (WELCOME,),
    "thierry.vitry": (SCHOOL, CANTEEN),
    "claire.robert": (PUPILS,),
    "emilie.deurveilher": (PUPILS,),
    "anais.lebon": (PUPILS,),
}
# Sender, subject; the first is the latest.
_MAIL = {
    WELCOME: (
        ("direction@exemple.re", "Tableau interactif en panne, salle 12"),
        ("parent@exemple.re", "Accès à l’espace numérique"),
        ("claire.robert@ac-reunion.fr", "Date de mon transfert ?"),
    ),
    EXAMS: (("lycee@exemple.re", "Sujets de secours : accusé de réception"),),
    SCHOOL: (
        ("mairie@exemple.re", "Travaux pendant les vacances"),
        ("parent@exemple.re", "Absence de Noah lundi"),
        ("inspection@exemple.re", "Ordre du jour du conseil d’école"),
    ),
    CANTEEN: (("traiteur@exemple.re", "Menus de la semaine prochaine"),),
}
_CONVENTIONS = (
    "Qui répond à quoi\n"
    "- Pannes et matériel : Idriss\n"
    "- Comptes et mots de passe : Coralie\n"
    "- Le reste : la personne de permanence\n\n"
    "Sous 24 heures ouvrées, ou un mot d’attente. On pose l’étiquette « À traiter » en prenant un message."
)
# Longest wait for the worker, which may be at a box already.
SETTLE_SECONDS = 30


def furnish() -> None:
    """Censuses, transfers, life in the boxes, and a difference with Zimbra. The people are there, with a mailbox."""
    for name, local_parts in _USES.items():
        agent = _agent(name)
        uses.note(agent=agent, box_ids=[_box(part).pk for part in local_parts], by=agent)
    staff = _agent("nadege.hoarau")
    registry.create(address="concours", name="Concours, ancienne adresse", establishment=None, by=staff)
    _take_census()
    shared = [_box(part) for part in (WELCOME, EXAMS, SCHOOL, CANTEEN)]
    transfer.start(boxes=shared, by=staff)
    _settle(shared)
    _live(staff)
    for local_part, mail in _MAIL.items():
        _deliver(_box(local_part), mail)
    _settle(shared)
    _meddle()
    checking.run(_box(WELCOME).pk)


def _take_census() -> None:
    dsi, school_head = _agent("nadege.hoarau"), _agent("marie.boyer")
    lycee_head, college_head = _agent("gerard.assing"), _agent("sylvie.barret")
    for head, local_parts in (
        (dsi, (WELCOME, EXAMS)),
        (school_head, (SCHOOL, CANTEEN)),
        (lycee_head, (OFFICE, PUPILS)),
        (college_head, (COLLEGE_OFFICE, LIBRARY)),
    ):
        for local_part in local_parts:
            for name, role in _ENTRIES[local_part]:
                declaring.add(box=_box(local_part), agent=_agent(name), role=role, by=head)
    # Staff of the town and of the region have no account.
    cook = Person("Gilberte", "Sinama", "Cuisinière", "Commune de Saint-Paul", "0262 00 00 11")
    declaring.add_without_account(box=_box(CANTEEN), person=cook, role=Role.MEMBER, by=school_head)
    porter = Person("Roland", "Maillot", "Agent d’accueil", "Région Réunion", "0262 00 00 12")
    declaring.add_without_account(box=_box(OFFICE), person=porter, role=Role.READER, by=lycee_head)
    keeper = Person("Josiane", "Técher", "Agente d’entretien", "Département de La Réunion")
    declaring.add_without_account(box=_box(COLLEGE_OFFICE), person=keeper, role=Role.READER, by=college_head)
    listed_boxes.add(establishment=_place(lycee_head), address="internat.filaos", name="Internat", by=lycee_head)
    for head in (dsi, school_head, college_head):
        states.submit(establishment=_place(head), by=head)
    for head in (dsi, school_head):
        states.validate(establishment=_place(head), by=dsi)


def _live(staff: Agent) -> None:
    """What people did with the boxes since."""
    box, exams, owner = _box(WELCOME), _box(EXAMS), _agent("yannick.payet")
    conventions.write(box=box, text=_CONVENTIONS, begun_with=conventions.version_of(""), by=owner)
    tags.add_proposals(box=box, by=owner)
    member, hider = _agent("idriss.moutoussamy"), _agent("coralie.techer")
    access = Delegation.objects.get(box=box, agent=member)
    wish = identities.Wish("Accueil, de ma part", "Idriss, accueil de la DSI", reply_to=True, reply_to_name="Accueil")
    identities.add(delegation=access, wish=wish, by=member)
    tags.ask_for_copies(delegation=access, by=member)
    delegations.hide(delegation=Delegation.objects.get(box=exams, agent=staff), by=staff)
    delegations.hide(delegation=Delegation.objects.get(box=box, agent=hider), by=hider)
    delegations.grant(box=box, agent=_agent("mickael.sautron"), role=Role.READER, by=owner)
    visitor = delegations.grant(box=box, agent=_agent("fabrice.grondin"), role=Role.MEMBER, by=owner)
    delegations.change_role(delegation=visitor, role=Role.READER, by=owner)
    delegations.revoke(delegation=visitor, by=owner)
    looks.look_for(box)
    looks.look(box.pk)
    picture = looks.seen(looks.latest(box))
    if picture is not None and picture.calendars:
        shares.share(
            box=box, folder=picture.calendars[0], agent=_agent("anais.lebon"), access=BoxShare.Access.READ, by=owner
        )


def _settle(boxes: Iterable[Box]) -> None:
    """Until Zimbra holds what the portal says, done here or by the worker that has it already."""
    until = time.monotonic() + SETTLE_SECONDS
    for box in boxes:
        while Box.objects.filter(pk=box.pk, work_asked_at__isnull=False).exists() and time.monotonic() < until:
            engine.advance(box.pk)
            if Box.objects.filter(pk=box.pk, work_asked_at__isnull=False).exists():
                time.sleep(0.1)


def _meddle() -> None:
    """Somebody works in Zimbra itself: the portal reports it, and leaves the decision to an owner."""
    with zimbra_door.opened() as door:
        box = door.mailbox(_box(WELCOME).address)
        box.grant("1", _agent("jean-noel.dijoux").address, "r")
        box.revoke("1", _agent("solene.riviere").address)


def _deliver(box: Box, mail: tuple[tuple[str, str], ...]) -> None:
    now = timezone.now()
    with zimbra_door.opened() as door:
        client = door.mailbox(box.address)
        for number, (sender, subject) in enumerate(mail):
            at = now - timedelta(hours=7 * number + 2)
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = sender, box.address, subject
            message["Date"] = format_datetime(at)
            message.set_content("Bonjour,\n\nvoir ci-dessus. Merci de votre réponse.\n")
            client.add_message("2", message.as_bytes(), flags="u" if number == 0 else "", received=at)


def _agent(local_part: str) -> Agent:
    return Agent.objects.select_related("establishment").get(address=f"{local_part}@{settings.MAIL_DOMAIN}")


def _box(local_part: str) -> Box:
    return Box.objects.select_related("establishment").get(address=f"{local_part}@{settings.MAIL_DOMAIN}")


def _place(head: Agent) -> Establishment:
    assert head.establishment is not None, "a head of an establishment"
    return head.establishment
