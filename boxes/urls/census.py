from django.urls import URLPattern, path

from boxes.views import census, census_boxes, census_entries, census_lists, census_requests

_PLACE = "recensement/<str:uai>/"
_BOX = _PLACE + "boites/<int:box_id>/"
_ENTRY = _BOX + "personnes/<int:entry_id>/"
_LIST = _PLACE + "listes/<int:import_id>/"

urlpatterns: list[URLPattern] = [
    path("recensement/", census.census_index, name="census"),
    path(_PLACE, census.census_sheet, name="census_sheet"),
    path(_PLACE + "transmettre/", census.census_submit, name="census_submit"),
    path(_PLACE + "rouvrir/", census.census_reopen, name="census_reopen"),
    path(_PLACE + "valider/", census.census_validate, name="census_validate"),
    path(_PLACE + "boites/ajouter/", census_boxes.census_box_add, name="census_box_add"),
    path(_BOX, census_entries.census_box, name="census_box"),
    path(_BOX + "nom/", census_boxes.census_box_edit, name="census_box_edit"),
    path(_BOX + "retirer/", census_boxes.census_box_remove, name="census_box_remove"),
    path(_BOX + "usage/", census_boxes.census_box_kept, name="census_box_kept"),
    path(_BOX + "reprendre/", census_boxes.census_copy, name="census_copy"),
    path(_BOX + "utilisateurs/", census_boxes.census_users, name="census_users"),
    path(_BOX + "ajouter/", census_entries.census_entry_add, name="census_entry_add"),
    path(_BOX + "sans-compte/", census_entries.census_person_new, name="census_person_new"),
    path(_ENTRY + "role/", census_entries.census_entry_role, name="census_entry_role"),
    path(_ENTRY + "retirer/", census_entries.census_entry_remove, name="census_entry_remove"),
    path(_PLACE + "listes/", census_lists.census_lists, name="census_lists"),
    path(_PLACE + "listes/remettre/", census_lists.census_list_take, name="census_list_take"),
    path(_LIST, census_lists.census_list, name="census_list"),
    path(_LIST + "original/", census_lists.census_list_original, name="census_list_original"),
    path(_LIST + "supprimer/", census_lists.census_list_delete, name="census_list_delete"),
    path(_PLACE + "demandes/", census_requests.census_requests, name="census_requests"),
    path(_PLACE + "demandes/<int:request_id>/", census_requests.census_request, name="census_request"),
]
