"""Addresses of the directory, for staff."""

from django.urls import path

from accounts import views_directory as views
from accounts.views_establishments import establishment_list

urlpatterns = [
    path("", views.directory_page, name="directory"),
    path("deposer/", views.directory_receive, name="directory_receive"),
    path("modele/<slug:kind_code>.csv", views.directory_sample, name="directory_sample"),
    path("etablissements/", establishment_list, name="establishments"),
    path("imports/<int:import_id>/", views.directory_import, name="directory_import"),
    path("imports/<int:import_id>/liste.csv", views.directory_import_csv, name="directory_import_csv"),
    path("imports/<int:import_id>/original/", views.directory_original, name="directory_original"),
    path("imports/<int:import_id>/confirmer/", views.directory_confirm, name="directory_confirm"),
    path("imports/<int:import_id>/abandonner/", views.directory_cancel, name="directory_cancel"),
    path("imports/<int:import_id>/effacer/", views.directory_erase, name="directory_erase"),
]
