"""The made-up academy: who works where. No one here exists."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "bascule-demo-974"  # noqa: S105 - printed on purpose, for accounts that exist only in the demo


@dataclass(frozen=True)
class School:
    uai: str
    name: str
    city: str
    boxes: tuple[tuple[str, str], ...]


SCHOOLS = (
    School(
        "9740101A",
        "Lycée Les Filaos",
        "Saint-Denis",
        (
            ("ce.9740101a", "Secrétariat de direction"),
            ("vie-scolaire.filaos", "Vie scolaire"),
            ("intendance.filaos", "Intendance"),
        ),
    ),
    School(
        "9740202B",
        "Collège Ravine-Blanche",
        "Saint-Pierre",
        (("ce.9740202b", "Secrétariat de direction"), ("cdi.ravine-blanche", "Centre de documentation")),
    ),
    School(
        "9740303C",
        "École primaire des Bois-de-Nèfles",
        "Saint-Paul",
        (("ce.9740303c", "Direction de l’école"), ("cantine.bois-de-nefles", "Cantine et périscolaire")),
    ),
    School(
        "9740404D",
        "Rectorat, services centraux",
        "Saint-Denis",
        (("dsi.accueil", "Accueil de la DSI"), ("examens", "Division des examens")),
    ),
)


@dataclass(frozen=True)
class Person:
    given_name: str
    family_name: str
    population: str
    uai: str = ""
    head: bool = False
    staff: bool = False
    local_part: str = ""

    def address(self, domain: str) -> str:
        return f"{self.local_part}@{domain}"


def _people(population: str, uai: str, *rows: str) -> list[Person]:
    """Each row: 'Prénom Nom prenom.nom [head] [staff]', with an underscore for a blank inside a name."""
    found = []
    for row in rows:
        given_name, family_name, local_part, *marks = row.split()
        found.append(
            Person(
                given_name.replace("_", " "),
                family_name.replace("_", " "),
                population,
                uai,
                head="head" in marks,
                staff="staff" in marks,
                local_part=local_part,
            )
        )
    return found


PEOPLE: tuple[Person, ...] = (
    *_people(
        "dsi",
        "9740404D",
        "Nadège Hoarau nadege.hoarau staff head",
        "Yannick Payet yannick.payet staff",
        "Coralie Técher coralie.techer staff",
        "Idriss Moutoussamy idriss.moutoussamy",
        "Solène Rivière solene.riviere",
    ),
    *_people(
        "correspondents",
        "9740101A",
        "Fabrice Grondin fabrice.grondin",
        "Anaïs Lebon anais.lebon",
        "Jean-Noël Dijoux jean-noel.dijoux",
    ),
    *_people("correspondents", "9740303C", "Mickaël Sautron mickael.sautron", "Élodie Nativel elodie.nativel"),
    *_people(
        "first-degree",
        "9740303C",
        "Marie Boyer marie.boyer head",
        "Lucette Fontaine lucette.fontaine",
        "Thierry Vitry thierry.vitry",
        "Océane Maillot oceane.maillot",
        "Bruno Cadet bruno.cadet",
        "Sabrina Hibon sabrina.hibon",
        "Zoé Lefèvre zoe.lefevre",
        "Patrice Ah-Kiem patrice.ah-kiem",
    ),
    *_people(
        "second-degree-teachers",
        "9740101A",
        "Claire Robert claire.robert",
        "Olivier Turpin olivier.turpin",
        "Émilie D’Eurveilher emilie.deurveilher",
        "Samuel Gonthier samuel.gonthier",
        "Karine Bègue karine.begue",
    ),
    *_people(
        "second-degree-teachers",
        "9740202B",
        "Vincent Clain vincent.clain",
        "Jade Ramassamy jade.ramassamy",
        "Hugo Morel hugo.morel",
        "Nathalie Ethève nathalie.etheve",
    ),
    *_people(
        "second-degree-management",
        "9740101A",
        "Gérard Assing gerard.assing head",
        "Laurence Picard laurence.picard",
    ),
    *_people(
        "second-degree-management",
        "9740202B",
        "Sylvie Barret sylvie.barret head",
        "Denis Virapin denis.virapin",
    ),
    *_people("eple-administration", "9740101A", "Ghislaine Atchy ghislaine.atchy", "Rémi Lauret remi.lauret"),
    *_people("eple-administration", "9740202B", "Fatima Issop fatima.issop", "Jérôme Damour jerome.damour"),
    *_people(
        "rectorat-administration",
        "9740404D",
        "Béatrice Natel beatrice.natel",
        "Franck Elma franck.elma",
        "Ludivine Smith ludivine.smith",
        "Christian Taïlamé christian.tailame",
        "Marie-Ange Lucas marie-ange.lucas",
    ),
)

# One account for each kind of user, shown when the demo has started.
ACCOUNTS_SHOWN = (
    ("anais.lebon@ac-reunion.fr", "agente déjà transférée, exports déposés : contacts et calendriers à importer"),
    ("thierry.vitry@ac-reunion.fr", "agent transféré aujourd’hui, membre de la boîte de son école"),
    ("claire.robert@ac-reunion.fr", "agente avant son transfert, date connue"),
    ("ghislaine.atchy@ac-reunion.fr", "agente avant son transfert, période approximative"),
    ("gerard.assing@ac-reunion.fr", "chef d’établissement, recensement des boîtes en cours"),
    ("yannick.payet@ac-reunion.fr", "propriétaire d’une boîte partagée, avec un écart à régler"),
    ("nadege.hoarau@ac-reunion.fr", "équipe DSI"),
)
