"""What was taken out of a signature, told once each."""

from __future__ import annotations

from bascule.conversions.model import Remark

_SENTENCES = {
    "script": "Un programme a été retiré de la signature : une messagerie ne l’exécute jamais.",
    "handler": "Des actions déclenchées au clic ou à l’affichage ont été retirées : une messagerie les ignore.",
    "form": "Des éléments de formulaire ont été retirés : ils ne fonctionnent pas dans un message.",
    "frame": "Une page incorporée a été retirée : les messageries l’interdisent. Mettez plutôt un lien vers elle.",
    "drawing": "Un dessin vectoriel (SVG) a été retiré : les messageries ne l’affichent pas. Remplacez-le par une "
    "image PNG ou JPEG.",
    "media": "Un son ou une vidéo a été retiré : mettez plutôt un lien.",
    "redirection": "Des instructions de redirection de page ont été retirées.",
    "style_sheet": "Une partie de la feuille de style n’a pas pu être reportée sur le texte : vérifiez l’apparence "
    "dans l’aperçu.",
    "style_property": "Des mises en forme qu’une messagerie n’accepte pas ont été retirées : vérifiez l’apparence "
    "dans l’aperçu.",
    "background_image": "Une image de fond a été retirée : la plupart des messageries ne l’affichent pas. Placez-la "
    "comme une image ordinaire si elle compte.",
    "link": "Un lien dont l’adresse n’est ni un site, ni une adresse électronique, ni un numéro de téléphone a été "
    "retiré ; son texte est resté. Corrigez l’adresse si le lien vous est utile.",
    "image": "Une image d’un format ou d’une adresse que les messageries n’acceptent pas a été retirée. Ajoutez-la en "
    "PNG ou JPEG.",
    "image_elsewhere": "Une image n’est pas dans le fichier déposé : elle se trouve sur votre ordinateur ou dans un "
    "ancien message. Ajoutez-la ici, ou retirez-la.",
    "too_deep": "La signature comporte trop d’éléments imbriqués : le texte est gardé, une partie de la mise en forme "
    "ne l’est pas.",
    "unreadable": "La mise en forme de la signature n’a pas pu être comprise : seul son texte est gardé.",
}
_MOST_ORIGINAL = 2000
_MOST_EXAMPLES = 5


class Findings:
    """Collects what was taken out; a kind is told once, with how often, and some of the text concerned."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, list[str]]] = {}

    def add(self, code: str, original: str = "") -> None:
        count, examples = self._found.get(code, (0, []))
        if original and len(examples) < _MOST_EXAMPLES and original[:300] not in examples:
            examples.append(original[:300])
        self._found[code] = (count + 1, examples)

    def remarks(self) -> tuple[Remark, ...]:
        return tuple(
            Remark(code, "signature" if count == 1 else f"signature, {count} fois", _SENTENCES[code], _joined(examples))
            for code, (count, examples) in self._found.items()
        )


def _joined(examples: list[str]) -> str:
    return "\n".join(examples)[:_MOST_ORIGINAL]
