"""The known faults of calendar files, numbered: what is done about each without asking, and who writes it.

Each has a file in the samples of the tests that shows it, under the same code. `Reading.repairs` counts by these
codes. What cannot be mended without a change of meaning is a remark instead.
"""

from __future__ import annotations

from typing import NamedTuple


class Repair(NamedTuple):
    """number: stable. label: French, what was done. origin: which programs write the fault."""

    number: int
    code: str
    label: str
    origin: str


REPAIRS = (
    Repair(1, "byte_order_mark", "marque d’ordre des octets retirée", "Windows"),
    Repair(2, "line_ends", "fins de ligne normalisées", "Sun, copies par Unix"),
    Repair(3, "utf16", "fichier UTF-16 ou UTF-32 lu", "Outlook, bloc-notes de Windows"),
    Repair(4, "indented_file", "marge retirée devant toutes les lignes", "copier-coller depuis une page"),
    Repair(5, "control_characters", "caractères de commande retirés", "Outlook"),
    Repair(6, "charset", "octets qui ne sont pas de l’UTF-8 décodés", "anciens clients"),
    Repair(7, "double_encoding", "double encodage défait", "exports rechargés avec le mauvais jeu"),
    Repair(8, "lost_characters", "lettres déjà perdues remplacées par « ? »", "exports réenregistrés"),
    Repair(9, "glued_to_version", "ligne collée à VERSION séparée", "Sun (guide WCAP)"),
    Repair(10, "soft_line_break", "lignes quoted-printable recollées", "vCalendar 1.0"),
    Repair(11, "quoted_printable", "texte quoted-printable décodé", "vCalendar 1.0"),
    Repair(12, "unbalanced", "BEGIN et END rétablis", "fichiers coupés ou recollés"),
    Repair(13, "text_rejoined", "suite d’un texte rattachée à ce texte", "textes non repliés"),
    Repair(14, "version", "VERSION ramenée à 2.0", "Sun Calendar Server 5 et 6 (VERSION:6.0)"),
    Repair(15, "method", "METHOD ramenée à PUBLISH", "invitations enregistrées"),
    Repair(16, "private_property", "propriétés propres à l’ancien serveur retirées après usage", "Sun, Oracle"),
    Repair(17, "empty_property", "propriété sans valeur retirée", "nombreux programmes"),
    Repair(18, "duplicate_property", "propriété répétée à l’identique réduite à une", "exports fusionnés"),
    Repair(19, "text_escaped", "échappement des textes corrigé", "programmes qui n’échappent pas"),
    Repair(20, "keyword_repaired", "mot-clé normalisé (CLASS, STATUS, TRANSP)", "anciens programmes"),
    Repair(21, "number_unreadable", "nombre illisible retiré ou borné", "programmes divers"),
    Repair(22, "uid_missing", "identifiant fabriqué, le même à chaque lecture", "exports simples"),
    Repair(23, "uid_cleaned", "identifiant échappé correctement", "programmes divers"),
    Repair(24, "summary_missing", "titre absent remplacé", "événements privés d’autrui chez Sun"),
    Repair(25, "summary_newline", "titre ramené à une ligne", "programmes divers"),
    Repair(26, "stamp_missing", "DTSTAMP ajouté", "exports simples"),
    Repair(27, "stamp_unreadable", "date de création ou de modification illisible retirée", "programmes divers"),
    Repair(28, "date_without_value", "type DATE déclaré", "programmes divers"),
    Repair(29, "date_with_time", "minuit retiré d’une date", "programmes divers"),
    Repair(30, "utc_to_zone", "heure UTC ramenée au fuseau voulu", "Sun (X-NSCP-DTSTART-TZID)"),
    Repair(31, "zone_beside_utc", "fuseau inutile à côté d’une heure UTC", "programmes divers"),
    Repair(32, "floating_time", "heure sans fuseau placée dans celui du calendrier", "X-WR-TIMEZONE, exports simples"),
    Repair(33, "zone_name", "nom de fuseau reconnu", "Outlook, Mozilla, Evolution"),
    Repair(34, "zone_definition", "fuseau reconnu à sa définition", "Outlook (Customized Time Zone)"),
    Repair(35, "mixed_types", "date et heure ramenées à un même type", "programmes divers"),
    Repair(36, "end_and_duration", "DURATION en trop retirée", "programmes divers"),
    Repair(37, "all_day_without_end", "fin d’une journée entière ajoutée", "Sun"),
    Repair(38, "start_from_original", "début repris de X-NSCP-ORIGINAL-DTSTART", "Sun"),
    Repair(39, "rule_repaired", "règle de répétition corrigée sans changer de sens", "programmes divers"),
    Repair(40, "count_and_until", "COUNT et UNTIL ensemble : le plus court gardé", "programmes divers"),
    Repair(41, "old_rule", "règle de vCalendar 1.0 traduite", "téléphones, Outlook"),
    Repair(42, "exclusion_rule", "EXRULE remplacée par ses dates", "RFC 2445"),
    Repair(43, "dates_to_rule", "liste de dates remplacée par sa règle", "Oracle Calendar 9 et 10"),
    Repair(44, "series_rebuilt", "série refaite à partir de ses occurrences", "Sun, export développé"),
    Repair(45, "exception_type", "exception ramenée au type et au fuseau de sa série", "Sun (RFC 5545 3.8.5.1)"),
    Repair(46, "exception_detached", "exception sans série gardée comme événement", "Sun"),
    Repair(47, "exception_excluded", "date à la fois annulée et remplacée : remplacée", "programmes divers"),
    Repair(48, "exception_with_rule", "règle retirée d’une exception", "programmes divers"),
    Repair(49, "exdate_without_rule", "dates annulées d’un événement unique retirées", "programmes divers"),
    Repair(50, "person_login", "identifiant de connexion remplacé par une adresse", "Sun (X-S1CS-EMAIL)"),
    Repair(51, "person_parameters", "paramètres d’une personne normalisés", "programmes divers"),
    Repair(52, "alarm_absolute", "rappel à date fixe rendu relatif", "Sun"),
    Repair(53, "alarm_rebuilt", "rappel complété (description, destinataire, action)", "Sun, programmes divers"),
    Repair(54, "alarm_bare_address", "adresse seule dans un rappel reconnue", "Sun"),
    Repair(55, "alarm_dropped", "rappel inutilisable retiré", "Apple, programmes divers"),
    Repair(56, "attachment_link", "lien joint déplacé dans la description", "Google, Exchange"),
    Repair(57, "task_exdate", "dates annulées d’une tâche retirées", "Sun"),
    Repair(58, "task_organizer", "organisateur d’une tâche retiré", "Sun"),
    Repair(59, "task_people", "personnes d’une tâche notées dans sa description", "programmes divers"),
    Repair(60, "task_start_from_due", "début d’une tâche répétée repris de l’échéance", "programmes divers"),
    Repair(61, "task_state", "état, avancement et date d’achèvement mis en accord", "programmes divers"),
    Repair(62, "completed_unreadable", "date d’achèvement illisible retirée (COMPLETED:0)", "Sun"),
    Repair(63, "due_before_start", "début d’une tâche ramené à son échéance", "programmes divers"),
    Repair(64, "name_unknown", "propriété d’aucune norme gardée sous un nom X-", "Confluence, programmes divers"),
)

LABELS = {repair.code: repair.label for repair in REPAIRS}
