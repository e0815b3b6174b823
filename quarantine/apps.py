from django.apps import AppConfig


class QuarantineConfig(AppConfig):
    name = "quarantine"
    verbose_name = "Quarantaine et limites d’envoi"

    def ready(self) -> None:
        from accounts import sentences
        from quarantine.journal_sentences import SENTENCES

        sentences.register(SENTENCES)
