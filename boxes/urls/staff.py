from django.urls import URLPattern, path

from boxes.views import staff, staff_census, staff_people, staff_transfer

urlpatterns: list[URLPattern] = [
    path("equipe/boites/", staff.staff_boxes, name="staff_boxes"),
    path("equipe/boites/acces.csv", staff.staff_delegations_csv, name="staff_delegations_csv"),
    path("equipe/boites/nouvelle/", staff.staff_box_new, name="staff_box_new"),
    path("equipe/boites/<int:box_id>/fiche/", staff.staff_box_edit, name="staff_box_edit"),
    path("equipe/boites/<int:box_id>/proprietaire/", staff_people.staff_appoint, name="staff_appoint"),
    path("equipe/boites/recensement/", staff_census.staff_census, name="staff_census"),
    path("equipe/boites/recensement/relancer/", staff_census.staff_census_remind, name="staff_census_remind"),
    path(
        "equipe/boites/recensement/<str:uai>/valider/", staff_census.staff_census_validate, name="staff_census_validate"
    ),
    path("equipe/boites/recensement/<str:uai>/rouvrir/", staff_census.staff_census_reopen, name="staff_census_reopen"),
    path("equipe/boites/proprietaires/", staff_people.staff_owners, name="staff_owners"),
    path("equipe/boites/en-attente/", staff.staff_pending, name="staff_pending"),
    path("equipe/boites/demandes/", staff_people.staff_requests, name="staff_requests"),
    path("equipe/boites/demandes/<int:request_id>/", staff_people.staff_request, name="staff_request"),
    path(
        "equipe/boites/demandes/<int:request_id>/creee/", staff_people.staff_request_accept, name="staff_request_accept"
    ),
    path(
        "equipe/boites/demandes/<int:request_id>/refus/", staff_people.staff_request_refuse, name="staff_request_refuse"
    ),
    path("equipe/boites/transfert/", staff_transfer.staff_transfer, name="staff_transfer"),
    path("equipe/boites/transfert/lancer/", staff_transfer.staff_transfer_start, name="staff_transfer_start"),
    path("equipe/boites/transfert/suivi/", staff_transfer.staff_transfer_progress, name="staff_transfer_progress"),
    path("equipe/boites/transfert/relancer/", staff_transfer.staff_transfer_retry, name="staff_transfer_retry"),
]
