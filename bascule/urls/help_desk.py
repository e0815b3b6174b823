"""Un agent, for the help desk; and what a person answers who is asked to let staff look into files."""

from django.urls import path

from bascule.views import consents
from bascule.views.staff import help_desk, help_desk_acts, help_desk_contents, help_desk_notes

_AGENT = "equipe/agents/<int:agent_id>/"

urlpatterns = [
    path("equipe/agents/", help_desk.help_desk, name="help_desk"),
    path("equipe/agents/adresse/", help_desk.by_address, name="help_desk_by_address"),
    path(_AGENT, help_desk.agent_page, name="help_desk_agent"),
    path(f"{_AGENT}agir/<slug:act>/", help_desk_acts.act_page, name="help_desk_act"),
    path(f"{_AGENT}deposer/", help_desk_acts.deposit_page, name="help_desk_deposit"),
    path(f"{_AGENT}notes/", help_desk_notes.note_add, name="help_desk_note_add"),
    path(f"{_AGENT}notes/<int:note_id>/", help_desk_notes.note_edit, name="help_desk_note_edit"),
    path(f"{_AGENT}notes/<int:note_id>/supprimer/", help_desk_notes.note_delete, name="help_desk_note_delete"),
    path(f"{_AGENT}consultation/", help_desk_contents.consent_ask, name="help_desk_consent_ask"),
    path(
        f"{_AGENT}consultation/<int:consent_id>/abandonner/",
        help_desk_contents.consent_cancel,
        name="help_desk_consent_cancel",
    ),
    path(f"{_AGENT}fichiers/<int:deposit_id>/", help_desk_contents.file_page, name="help_desk_file"),
    path(f"{_AGENT}fichiers/<int:deposit_id>/original/", help_desk_contents.original, name="help_desk_original"),
    path(
        f"{_AGENT}fichiers/<int:deposit_id>/<int:position>/",
        help_desk_contents.collection_page,
        name="help_desk_collection",
    ),
    path(
        f"{_AGENT}fichiers/<int:deposit_id>/<int:position>/<int:number>/",
        help_desk_contents.item_page,
        name="help_desk_item",
    ),
    path("assistance/", consents.consent_list, name="consents"),
    path("assistance/<int:consent_id>/", consents.consent_answer, name="consent_answer"),
    path("assistance/<int:consent_id>/retirer/", consents.consent_withdraw, name="consent_withdraw"),
]
