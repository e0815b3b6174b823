"""Addresses of the quarantine: the list of held messages, one of them, and what is done with it."""

from django.urls import path

from quarantine.views import actions, held, reading

urlpatterns = [
    path("quarantaine/", held.quarantine, name="quarantine"),
    path("quarantaine/actions/", held.holds_act, name="holds_act"),
    path("quarantaine/etats/", held.holds_states, name="holds_states"),
    path("quarantaine/annuler/", held.quarantine_undo, name="quarantine_undo"),
    path("quarantaine/<int:hold_id>/", reading.hold, name="hold"),
    path("quarantaine/<int:hold_id>/etat/", reading.hold_state, name="hold_state"),
    path("quarantaine/<int:hold_id>/liberer/", actions.hold_release, name="hold_release"),
    path("quarantaine/<int:hold_id>/autoriser/", actions.hold_trust, name="hold_trust"),
    path("quarantaine/<int:hold_id>/supprimer/", actions.hold_delete, name="hold_delete"),
    path("quarantaine/<int:hold_id>/retablir/", actions.hold_restore, name="hold_restore"),
    path("quarantaine/<int:hold_id>/bloquer/", actions.hold_block, name="hold_block"),
    path("quarantaine/<int:hold_id>/signaler/", actions.hold_report, name="hold_report"),
]
