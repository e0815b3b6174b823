from django.apps import AppConfig


class BoxesConfig(AppConfig):
    name = "boxes"
    verbose_name = "Boîtes fonctionnelles"

    def ready(self) -> None:
        from accounts import sentences, team_waiting
        from boxes import team_tasks
        from boxes.journal_sentences import FAMILIES, SENTENCES

        sentences.register(SENTENCES, FAMILIES)
        team_waiting.register(team_tasks.waiting)
