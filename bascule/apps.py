from django.apps import AppConfig


class BasculeConfig(AppConfig):
    name = "bascule"
    verbose_name = "Bascule"

    def ready(self) -> None:
        from accounts import sentences
        from bascule.journal_sentences import SENTENCES

        sentences.register(SENTENCES)
