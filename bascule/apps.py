from django.apps import AppConfig
from django.core import checks


class BasculeConfig(AppConfig):
    name = "bascule"
    verbose_name = "Bascule"

    def ready(self) -> None:
        from accounts import sentences, team_waiting
        from accounts.directory import after
        from bascule import box_waves, planning, standings
        from bascule.checks import check_profile_signing, check_signature_template, check_zimbra
        from bascule.journal_sentences import FAMILIES, SENTENCES
        from bascule.reminders import listing
        from bascule.waves import team_tasks
        from boxes import wave_source
        from boxes.census import dates

        sentences.register(SENTENCES, FAMILIES)
        dates.register(planning.planned_days)
        after.register(standings.follow_directory)
        wave_source.register(box_waves.source())
        team_waiting.register(team_tasks.waiting)
        team_waiting.register(listing.waiting)
        checks.register(check_zimbra)
        checks.register(check_signature_template)
        checks.register(check_profile_signing)
