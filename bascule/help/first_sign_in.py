"""The walk of the day itself: a few things to look at, in their order, and how far a person has come."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Agent
from bascule.models import FirstSignInTick


@dataclass(frozen=True)
class Stage:
    """texts in French, with placeholders. sees: what should be on the screen then. symptom: of the diagnosis, for
    whom it is not. page: name of a page of the portal, what its link says."""

    code: str
    title: str
    does: tuple[str, ...]
    sees: str
    symptom: str
    page: tuple[str, str] | None = None


STAGES: tuple[Stage, ...] = (
    Stage(
        "entrer",
        "Entrer dans la nouvelle messagerie",
        (
            "Ouvrez {webmail} dans un navigateur à jour.",
            "Choisissez l’académie si on vous le demande, puis connectez-vous comme sur {portal}, avec le même mot de "
            "passe.",
            "Gardez cette adresse dans vos favoris ; supprimez celle de {old}.",
        ),
        "Votre boîte de réception, et votre nom en haut à droite.",
        "page-web-inaccessible",
    ),
    Stage(
        "messages",
        "Regarder ses messages et ses dossiers",
        (
            "Dépliez la liste des dossiers à gauche, et ouvrez-en deux ou trois au hasard.",
            "Cherchez un ancien message dont vous vous souvenez.",
            "Envoyez-vous un message à vous-même.",
        ),
        "Vos dossiers avec leurs messages, et le message que vous venez d’envoyer.",
        "message-attendu-absent",
        ("mailbox_check", "Ma messagerie est-elle complète ?"),
    ),
    Stage(
        "signature",
        "Remettre sa signature",
        (
            "La signature n’a pas suivi. Si vous l’avez mise de côté, envoyez-la depuis le portail.",
            "Sinon, faites-en une : nom, fonction, établissement.",
        ),
        "Votre signature au bas d’un nouveau message.",
        "message-qui-ne-part-pas",
        ("signature", "Ma signature"),
    ),
    Stage(
        "agenda",
        "Retrouver son agenda et ses contacts",
        (
            "Si vous avez déposé vos exports, envoyez-les dans la nouvelle messagerie depuis le portail.",
            "Ouvrez ensuite l’onglet du calendrier, puis celui des contacts.",
        ),
        "Vos rendez-vous à leur date, et vos correspondants.",
        "calendrier-ou-contacts-absents",
        ("files", "Mes fichiers"),
    ),
    Stage(
        "filtres",
        "Remettre ses filtres",
        (
            "Les règles de tri n’ont pas suivi non plus : relisez-les dans le portail, puis envoyez-les.",
            "En attendant, tout arrive dans la boîte de réception.",
        ),
        "Vos règles dans les préférences de la messagerie, rubrique des filtres.",
        "filtre-inactif",
        ("filters", "Mes filtres"),
    ),
    Stage(
        "boites",
        "Ouvrir ses boîtes partagées",
        ("Dépliez les boîtes partagées sous vos dossiers.", "Celle qui manque se demande à l’un de ses propriétaires."),
        "Chaque boîte que vous aviez notée, avec ses messages.",
        "boite-partagee-refusee",
        ("boxes", "Mes boîtes"),
    ),
    Stage(
        "appareils",
        "Régler téléphone et Thunderbird",
        (
            "Un appareil après l’autre, avec un mot de passe d’application pour chacun.",
            "Tant qu’un appareil n’est pas réglé, il ne montre plus rien de nouveau : ce n’est pas une panne.",
        ),
        "Un nouveau message sur chacun de vos appareils.",
        "plus-rien-depuis-le-transfert",
        ("devices", "Mes appareils"),
    ),
)
_CODES = frozenset(stage.code for stage in STAGES)


class NoStage(KeyError):
    """There is no stage of that code."""


def ticked(agent: Agent) -> set[str]:
    """Codes of the stages that the person has ticked off."""
    return set(FirstSignInTick.objects.filter(agent=agent).values_list("step", flat=True))


def tick(*, agent: Agent, stage: str, is_done: bool) -> None:
    """Tick a stage off, or take the tick away. Raises NoStage."""
    if stage not in _CODES:
        raise NoStage(stage)
    if is_done:
        FirstSignInTick.objects.get_or_create(agent=agent, step=stage)
    else:
        FirstSignInTick.objects.filter(agent=agent, step=stage).delete()
