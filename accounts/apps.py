from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Agents et journal"

    def ready(self) -> None:
        from accounts import sentences, team_waiting
        from accounts.directory import kinds, telling
        from accounts.directory.journal_sentences import FAMILIES, SENTENCES
        from accounts.directory.people_kind import PeopleKind
        from accounts.directory.places import PlacesKind

        sentences.register(SENTENCES, FAMILIES)
        kinds.register(PeopleKind())
        kinds.register(PlacesKind())
        team_waiting.register(telling.waiting)
