"""Vagues: who moves when."""

from django.urls import path

from bascule.views.staff import (
    planning_calendar,
    wave_edit,
    wave_lists,
    wave_parts,
    wave_people,
    wave_places,
    waves,
)

urlpatterns = [
    path("equipe/vagues/", waves.waves, name="waves"),
    path("equipe/vagues/nouvelle/", wave_edit.wave_new, name="wave_new"),
    path("equipe/vagues/saisir/", wave_lists.waves_fill, name="waves_fill"),
    path("equipe/vagues/sans-vague/", waves.waves_unplaced, name="waves_unplaced"),
    path("equipe/vagues/croisements/", waves.waves_overlaps, name="waves_overlaps"),
    path("equipe/vagues/deplacer/", wave_people.wave_move, name="wave_move"),
    path("equipe/vagues/deplacer/liste/", wave_lists.wave_move_list, name="wave_move_list"),
    path("equipe/vagues/agenda/", planning_calendar.planning_subscribe, name="planning_subscribe"),
    path("equipe/vagues/planning.ics", planning_calendar.planning_ics, name="planning_ics"),
    path("planning/vagues.ics", planning_calendar.planning_feed, name="planning_feed"),
    path("equipe/vagues/<int:wave_id>/", waves.wave, name="wave"),
    path("equipe/vagues/<int:wave_id>/modifier/", wave_edit.wave_edit, name="wave_edit"),
    path("equipe/vagues/<int:wave_id>/etablissements/", wave_places.wave_places, name="wave_places"),
    path("equipe/vagues/<int:wave_id>/etablissements.csv", wave_places.wave_places_csv, name="wave_places_csv"),
    path("equipe/vagues/<int:wave_id>/personnes/", wave_people.wave_people, name="wave_people"),
    path("equipe/vagues/<int:wave_id>/scinder/", wave_parts.wave_split, name="wave_split"),
    path("equipe/vagues/<int:wave_id>/reunir/", wave_parts.wave_merge, name="wave_merge"),
    path("equipe/vagues/<int:wave_id>/supprimer/", wave_edit.wave_delete, name="wave_delete"),
]
