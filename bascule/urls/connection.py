"""Essai de connexion, below « Mes appareils »."""

from django.urls import path

from bascule.views import connection

urlpatterns = [
    path("appareils/essai/", connection.connection_test, name="connection_test"),
    path("appareils/essai/<int:test_id>/", connection.connection_result, name="connection_result"),
]
