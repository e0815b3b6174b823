"""Addresses of the sending limits: for staff, and for each person about the own sending."""

from django.urls import URLPattern, path

from quarantine.views import compromised, my_sending, networks, rules, sending

urlpatterns: list[URLPattern] = [
    path("mes-envois/", my_sending.my_sending, name="my_sending"),
    path("equipe/envois/", sending.sending, name="sending"),
    path("equipe/envois/chiffres/", sending.sending_figures_page, name="sending_figures"),
    path("equipe/envois/passerelles/", sending.gateways, name="gateways"),
    path("equipe/envois/compromis/", compromised.compromised, name="compromised"),
    path("equipe/envois/compromis/<int:row_id>/", compromised.compromised_release, name="compromised_release"),
    path("equipe/envois/seuils/", rules.sending_rules_page, name="sending_rules"),
    path("equipe/envois/reseaux/", networks.networks, name="networks"),
    path("equipe/envois/reseaux/enregistrer/", networks.network_save, name="network_save"),
    path("equipe/envois/reseaux/<int:network_id>/retirer/", networks.network_remove, name="network_remove"),
    path("equipe/envois/reseaux/listes/enregistrer/", networks.list_server_save, name="list_server_save"),
    path(
        "equipe/envois/reseaux/listes/<int:server_id>/retirer/", networks.list_server_remove, name="list_server_remove"
    ),
    path("equipe/envois/reseaux/import/", networks.network_list_take, name="network_list_take"),
    path("equipe/envois/reseaux/import/<int:import_id>/", networks.network_list, name="network_list"),
    path(
        "equipe/envois/reseaux/import/<int:import_id>/erreurs.csv",
        networks.network_list_errors,
        name="network_list_errors",
    ),
    path(
        "equipe/envois/reseaux/import/<int:import_id>/original/",
        networks.network_list_original,
        name="network_list_original",
    ),
    path(
        "equipe/envois/reseaux/import/<int:import_id>/supprimer/",
        networks.network_list_delete,
        name="network_list_delete",
    ),
]
