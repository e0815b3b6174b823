"""States of a wave, each decision on a page of its own."""

from django.urls import path

from bascule.views.staff import wave_states

urlpatterns = [
    path("equipe/vagues/<int:wave_id>/figer/", wave_states.wave_freeze, name="wave_freeze"),
    path("equipe/vagues/<int:wave_id>/demarrer/", wave_states.wave_start, name="wave_start"),
    path("equipe/vagues/<int:wave_id>/terminer/", wave_states.wave_finish, name="wave_finish"),
    path("equipe/vagues/<int:wave_id>/revenir/", wave_states.wave_back, name="wave_back"),
    path("equipe/vagues/<int:wave_id>/etat/", wave_states.wave_run, name="wave_run"),
    path("equipe/vagues/<int:wave_id>/etat/pause/", wave_states.wave_run_stop, name="wave_run_stop"),
    path("equipe/vagues/<int:wave_id>/etat/reprendre/", wave_states.wave_run_go_on, name="wave_run_go_on"),
    path("equipe/vagues/<int:wave_id>/etat/abandonner/", wave_states.wave_run_give_up, name="wave_run_give_up"),
]
