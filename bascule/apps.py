from django.apps import AppConfig
from django.core import checks


class BasculeConfig(AppConfig):
    name = "bascule"
    verbose_name = "Bascule"

    def ready(self) -> None:
        from accounts import sentences
        from bascule.checks import check_signature_template, check_zimbra
        from bascule.journal_sentences import SENTENCES

        sentences.register(SENTENCES)
        checks.register(check_zimbra)
        checks.register(check_signature_template)
