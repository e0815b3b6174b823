from django.apps import AppConfig


class BoxesConfig(AppConfig):
    name = "boxes"
    verbose_name = "Boîtes fonctionnelles"

    def ready(self) -> None:
        from accounts import sentences, team_waiting
        from accounts.directory import kinds
        from boxes import directory_kind, team_tasks
        from boxes.journal_sentences import FAMILIES, SENTENCES

        sentences.register(SENTENCES, FAMILIES)
        team_waiting.register(team_tasks.waiting)
        kinds.register(directory_kind.BoxesKind())
        kinds.register_taken(directory_kind.boxes_among)
