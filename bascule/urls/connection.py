"""Essai de connexion, below « Mes appareils »."""

from django.conf import settings
from django.urls import URLPattern, path

from bascule.views import connection

# Pages that lead here show no link where there is nothing.
urlpatterns: list[URLPattern] = (
    [
        path("appareils/essai/", connection.connection_test, name="connection_test"),
        path("appareils/essai/<int:test_id>/", connection.connection_result, name="connection_result"),
    ]
    if settings.CONNECTION_TEST
    else []
)
