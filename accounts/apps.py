from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Agents et journal"

    def ready(self) -> None:
        from accounts import sentences
        from accounts.directory import kinds
        from accounts.directory.journal_sentences import FAMILIES, SENTENCES
        from accounts.directory.people_kind import PeopleKind
        from accounts.directory.places import PlacesKind

        sentences.register(SENTENCES, FAMILIES)
        kinds.register(PeopleKind())
        kinds.register(PlacesKind())
