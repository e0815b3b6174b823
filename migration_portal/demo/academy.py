"""Fill an empty portal and an empty simulated Zimbra with the made-up academy, dates around today."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.formats import date_format

from accounts.directory import figures as directory_figures
from accounts.models import Agent, Establishment, Population
from bascule import checklist, deposits, moves, standings
from bascule.models import Wave, WaveAssignment
from bascule.tracking import figures
from boxes.models import Box
from migration_portal.demo import days, devices, exports, settings_exports
from migration_portal.demo.people import PASSWORD, PEOPLE, SCHOOLS
from zimbra.admin import AdminClient
from zimbra.errors import Refused


def is_filled() -> bool:
    return Agent.objects.exists()


def provision_zimbra() -> int:
    """Make the accounts of persons that are missing in the simulated Zimbra; gives how many were made. Those of boxes
    come with their transfer."""
    made = 0
    with AdminClient(settings.ZIMBRA_ADMIN_URL, settings.ZIMBRA_ADMIN_ADDRESS, settings.ZIMBRA_ADMIN_PASSWORD) as admin:
        for agent in Agent.objects.select_related("establishment"):
            try:
                admin.create_account(agent.address, PASSWORD, _directory_entry(agent))
            except Refused as error:
                if error.code != "account.ACCOUNT_EXISTS":
                    raise
            else:
                made += 1
    return made


def _directory_entry(agent: Agent) -> dict[str, str]:
    entry = {
        "displayName": agent.full_name,
        "givenName": agent.given_name,
        "sn": agent.family_name,
        "telephoneNumber": f"+262 262 48 {agent.pk % 100:02d} {agent.pk * 7 % 100:02d}",
    }
    if agent.establishment:
        entry |= {"company": agent.establishment.name, "l": agent.establishment.city}
    if agent.function == Agent.Function.HEAD:
        entry["title"] = "Chef d’établissement"
    # Application passwords come with this feature, which an operator may give or not.
    has_passwords = agent.address.partition("@")[0] != devices.WITHOUT_PASSWORDS
    return {**entry, "zimbraFeatureTwoFactorAuthAvailable": "TRUE" if has_passwords else "FALSE"}


@transaction.atomic
def fill(today: date) -> None:
    """Write people, schools, boxes and waves; all or nothing."""
    schools = {
        school.uai: Establishment.objects.create(uai=school.uai, name=school.name, city=school.city)
        for school in SCHOOLS
    }
    for school in SCHOOLS:
        for local_part, name in school.boxes:
            Box.objects.create(
                address=f"{local_part}@{settings.MAIL_DOMAIN}", name=name, establishment=schools[school.uai]
            )
    populations = {population.code: population for population in Population.objects.all()}
    password = make_password(PASSWORD)
    Agent.objects.bulk_create(
        Agent(
            address=person.address(settings.MAIL_DOMAIN),
            given_name=person.given_name,
            family_name=person.family_name,
            population=populations[person.population],
            establishment=schools.get(person.uai),
            function=Agent.Function.HEAD if person.head else Agent.Function.NONE,
            is_staff=person.staff,
            password=password,
        )
        for person in PEOPLE
    )
    _plan(today, populations)


def _plan(today: date, populations: dict[str, Population]) -> None:
    def wave(name: str, state: str, codes: tuple[str, ...], **fields: object) -> Wave:
        made = Wave.objects.create(name=name, state=state, **fields)
        made.populations.set(populations[code] for code in codes)
        return made

    wave("Migration technique et quarantaine", Wave.State.DONE, (), date=today - timedelta(days=61))
    wave("Équipes DSI", Wave.State.DONE, ("dsi",), date=today - timedelta(days=45))
    wave("Correspondants techniques", Wave.State.DONE, ("correspondents",), date=today - timedelta(days=9))
    current = wave("Premier degré", Wave.State.UNDER_WAY, ("first-degree",), date=today, takes_boxes=True)
    wave(
        "Second degré",
        Wave.State.FROZEN,
        ("second-degree-teachers", "second-degree-management"),
        date=today + timedelta(days=12),
        takes_boxes=True,
    )
    later = today + timedelta(days=75)
    part = "début" if later.day <= 10 else "mi-" if later.day <= 20 else "fin"
    month = date_format(later, "F")
    period = f"{part}{month}" if part.endswith("-") else f"{part} {month}"
    administration = wave(
        "Personnels administratifs",
        Wave.State.PLANNED,
        ("eple-administration", "rectorat-administration"),
        period_label=period,
        period_start=later,
        takes_boxes=True,
    )
    WaveAssignment.objects.create(
        agent=Agent.objects.get(address=f"olivier.turpin@{settings.MAIL_DOMAIN}"),
        wave=administration,
        reason="Congé de formation",
    )
    standings.refresh()
    days.play(today)
    # The wave of the day is half-way through.
    moves.mark_migrated(agents=Agent.objects.filter(population__waves=current).order_by("pk")[:4], by=None)
    figures.refresh_all()
    directory_figures.recount_all()


def deposit_exports(today: date) -> None:
    """Hand in exports for some people, as they would have done themselves, and tick what they did."""
    for local_part, cards, events in (
        ("anais.lebon", 120, 60),
        ("thierry.vitry", 24, 18),
        ("claire.robert", 40, 0),
        ("jean-noel.dijoux", 0, 35),
        ("gerard.assing", 64, 80),
        ("idriss.moutoussamy", 15, 10),
    ):
        agent = Agent.objects.get(address=f"{local_part}@{settings.MAIL_DOMAIN}")
        owner = local_part.replace(".", "")[:8]
        if cards:
            book = exports.address_book(local_part, cards=cards)
            _hand_in(agent, "Carnet personnel.vcf", book)
        if events:
            export = exports.calendar(local_part, owner=owner, name="Calendrier personnel", today=today, events=events)
            _hand_in(agent, "calendrier.ics", export)
    for local_part in ("anais.lebon", "claire.robert"):
        agent = Agent.objects.get(address=f"{local_part}@{settings.MAIL_DOMAIN}")
        _hand_in(agent, "filtres-convergence.ldif", settings_exports.filters(local_part))
        place = agent.establishment.name if agent.establishment else "Académie de La Réunion"
        _hand_in(agent, "signature.html", settings_exports.signature(agent.full_name, place))
    for local_part, steps in (
        ("claire.robert", ("export-contacts", "note-devices")),
        ("solene.riviere", ("check-mailbox", "check-boxes")),
    ):
        agent = Agent.objects.get(address=f"{local_part}@{settings.MAIL_DOMAIN}")
        for step in steps:
            checklist.mark_done(agent=agent, step=step, by=agent)


def _hand_in(agent: Agent, name: str, data: bytes) -> None:
    deposits.receive(agent=agent, name=name, file=BytesIO(data), by=agent)
