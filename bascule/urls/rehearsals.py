"""Dry run of a wave."""

from django.urls import path

from bascule.views.staff import rehearsals

_BASE = "equipe/vagues/<int:wave_id>/repetition/"

urlpatterns = [
    path(_BASE, rehearsals.wave_rehearsal, name="wave_rehearsal"),
    path(_BASE + "constats.csv", rehearsals.wave_rehearsal_csv, name="wave_rehearsal_csv"),
    path(_BASE + "lancer/", rehearsals.wave_rehearsal_start, name="wave_rehearsal_start"),
    path(_BASE + "abandonner/", rehearsals.wave_rehearsal_cancel, name="wave_rehearsal_cancel"),
    path(_BASE + "reprendre/", rehearsals.wave_rehearsal_again, name="wave_rehearsal_again"),
]
