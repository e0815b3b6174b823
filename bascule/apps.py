from django.apps import AppConfig


class BasculeConfig(AppConfig):
    name = "bascule"
    verbose_name = "Bascule"
