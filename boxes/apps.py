from django.apps import AppConfig


class BoxesConfig(AppConfig):
    name = "boxes"
    verbose_name = "Boîtes fonctionnelles"

    def ready(self) -> None:
        from accounts import sentences
        from boxes.journal_sentences import SENTENCES

        sentences.register(SENTENCES)
