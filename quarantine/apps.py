from django.apps import AppConfig
from django.core import checks


class QuarantineConfig(AppConfig):
    name = "quarantine"
    verbose_name = "Quarantaine et limites d’envoi"

    def ready(self) -> None:
        from accounts import agent_facts, mail_pace, sentences, team_waiting
        from quarantine import of_person, overview
        from quarantine.checks import check_figures, check_settings
        from quarantine.journal_sentences import FAMILIES, SENTENCES
        from quarantine.portal_pace import PortalPace

        sentences.register(SENTENCES, FAMILIES)
        team_waiting.register(overview.waiting)
        agent_facts.register(of_person.of_agent)
        mail_pace.register(PortalPace())
        checks.register(check_settings)
        checks.register(check_figures, checks.Tags.database)
