"""Held mail and sending of the demo: it comes in through the gateways, as a mail server would hand it over."""

from __future__ import annotations

import os
import socket
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from django.conf import settings
from django.utils import timezone

from accounts.models import Agent
from quarantine import networks, next_hop, senders
from quarantine.networks import Wanted
from quarantine.next_hop import Letter

_LINK = "https://impots-remboursement.exemple.net/connexion?id=4431"
_PHISHING = f"""\
<html><body style="background:url(https://suivi.exemple.net/fond.gif)">
<p>Madame, Monsieur,</p>
<p>Un <b>remboursement de 382,50 €</b> vous attend. Confirmez vos coordonnées avant ce soir&nbsp;:</p>
<p><a href="{_LINK}">https://www.impots.gouv.fr/mon-espace</a></p>
<img src="https://suivi.exemple.net/ouverture.png?id=4431" alt="Direction générale">
<script>document.location = "{_LINK}"</script>
</body></html>
"""
_OFFER = """\
<html><body><h1>Cartouches compatibles</h1><p>Jusqu’à <b>-70 %</b> sur toutes les imprimantes des écoles.</p>
<p><a href="https://cartouches.exemple.net/offre">Voir l’offre</a></p></body></html>
"""

# Who it is for, sender, subject, what the mail server marked, text, HTML.
_SPAM = "Yes, score={} required=5.0 tests=BAYES_99,HTML_IMAGE_ONLY"
_INCOMING: tuple[tuple[tuple[str, ...], str, str, dict[str, str], str, str], ...] = (
    (
        ("anais.lebon", "nadege.hoarau", "thierry.vitry", "claire.robert"),
        "Service des impôts <remboursement@impots-remboursement.exemple.net>",
        "Votre remboursement est disponible",
        {"X-Spam-Flag": "YES", "X-Spam-Status": _SPAM.format("14.2")},
        "Un remboursement vous attend.",
        _PHISHING,
    ),
    (
        ("anais.lebon", "dsi.accueil", "thierry.vitry"),
        "Cartouches Express <offres@cartouches.exemple.net>",
        "-70 % sur vos cartouches cette semaine",
        {"X-Spam-Flag": "YES", "X-Spam-Status": _SPAM.format("7.9")},
        "Jusqu’à -70 % sur toutes les imprimantes des écoles.",
        _OFFER,
    ),
    (
        ("anais.lebon", "nadege.hoarau"),
        "Revue pédagogique <lettre@revue-pedagogique.exemple.org>",
        "Lettre n° 48 : évaluer autrement",
        {"X-Spam-Flag": "YES", "X-Spam-Status": _SPAM.format("5.3")},
        "Au sommaire : évaluer à l’oral, le carnet de bord, la classe dehors.",
        "",
    ),
    (
        ("dsi.accueil", "nadege.hoarau"),
        "Comptabilité <factures@fournisseur.exemple.com>",
        "Facture impayée 2026-1187",
        {"X-Virus-Status": "Infected (Eicar-Test-Signature)"},
        "Veuillez régler la facture jointe sous 48 heures.",
        "",
    ),
)
# Messages of a parents' federation that went above WARN: held for each recipient.
_LARGE = ("anais.lebon", "thierry.vitry", "claire.robert", "nadege.hoarau")
# Sender, recipients of each message, messages: what the limits see of a day.
_SENDING = (
    ("ce.9740101a", "192.0.2.17", 60, 5),
    ("franck.elma", "198.51.100.23", 45, 4),
    ("ludivine.smith", "198.51.100.24", 12, 6),
    ("compte.vole", "203.0.113.66", 120, 9),
)


def furnish() -> None:
    """Mail that is held, a list entry of somebody, networks, and a day's sending. The gateways run, the people are
    there."""
    staff = Agent.objects.get(address=f"nadege.hoarau@{settings.MAIL_DOMAIN}")
    anais = Agent.objects.get(address=f"anais.lebon@{settings.MAIL_DOMAIN}")
    networks.save(Wanted("192.0.2.0/24", "9740101A", 4, "Lycée Les Filaos"), by=staff)
    networks.save_list_server(network="192.0.2.200/32", domain="listes.ac-reunion.fr", note="Sympa", by=staff)
    senders.block(mailbox=anais.address, pattern="casino.exemple.net", by=anais)
    for names, sender, subject, marks, text, html in _INCOMING:
        _hand_over("DEMO_INTAKE_PORT", names, _message(sender, subject, marks, text, html))
    casino = _message("Casino <bonus@jeux.casino.exemple.net>", "500 € offerts", {}, "Jouez maintenant.", "")
    _hand_over("DEMO_INTAKE_PORT", ("anais.lebon",), casino)
    text = "Chers collègues,\n\nLa réunion du 3 décembre est déplacée au 5, à 17 h 30.\n\nLa fédération\n"
    large = _message("Fédération des parents <contact@parents.exemple.re>", "Réunion déplacée au 5", {}, text, "")
    _hand_over("DEMO_HOLD_PORT", _LARGE, large)
    _send()


def _message(sender: str, subject: str, marks: dict[str, str], text: str, html: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in marks.items():
        message[name] = value
    message["From"], message["Subject"] = sender, subject
    message["To"] = f"destinataires@{settings.MAIL_DOMAIN}"
    message["Date"] = format_datetime(timezone.now())
    message["Message-ID"] = make_msgid(domain="exemple.net")
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def _hand_over(port: str, names: tuple[str, ...], message: EmailMessage) -> None:
    """By LMTP to the gateway whose port stands in the environment. Raises RuntimeError unless all is taken."""
    letter = Letter(
        mail_from=message["From"].addresses[0].addr_spec,
        rcpt_tos=[f"{name}@{settings.MAIL_DOMAIN}" for name in names],
        raw=message.as_bytes(policy=SMTP),
    )
    replies = next_hop.hand_over(next_hop.route(f"lmtp://127.0.0.1:{os.environ[port]}"), letter)
    if any(reply.code != 250 for reply in replies):
        raise RuntimeError(f"held mail of the demo: {[reply.code for reply in replies]}")


def _send() -> None:
    """What Postfix asks for each message, without the message."""
    with socket.create_connection(("127.0.0.1", int(os.environ["DEMO_POLICY_PORT"])), timeout=10) as asked:
        answers = asked.makefile("rb")
        for name, address, recipients, times in _SENDING:
            for number in range(times):
                request = {
                    "request": "smtpd_access_policy",
                    "protocol_state": "END-OF-MESSAGE",
                    "sender": f"{name}@{settings.MAIL_DOMAIN}",
                    "client_address": address,
                    "recipient_count": str(recipients),
                    "instance": f"demo.{name}.{number}",
                }
                lines = "".join(f"{key}={value}\n" for key, value in request.items())
                asked.sendall(f"{lines}\n".encode())
                while answers.readline().strip():
                    continue
