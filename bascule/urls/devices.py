"""Mes appareils: the inventory, step lists, application passwords."""

from django.urls import path

from bascule.views import app_passwords, device_files, devices

urlpatterns = [
    path("appareils/", devices.device_list, name="devices"),
    path("appareils/ajouter/", devices.device_new, name="device_new"),
    path("appareils/mots-de-passe/", app_passwords.password_list_page, name="app_passwords"),
    path("appareils/mots-de-passe/revoquer/", app_passwords.password_revoke, name="app_password_revoke"),
    path("appareils/mots-de-passe/<int:row_id>/", app_passwords.password_page, name="app_password"),
    path("appareils/mots-de-passe/<int:row_id>/afficher/", app_passwords.password_show, name="app_password_show"),
    path("appareils/<int:device_id>/", devices.device_page, name="device"),
    path("appareils/<int:device_id>/profil/", device_files.device_profile, name="device_profile"),
    path("appareils/<int:device_id>/code/", device_files.device_qr, name="device_qr"),
    path("appareils/ouvrir/<str:link>/", device_files.device_open, name="device_open"),
    path("appareils/<int:device_id>/modifier/", devices.device_edit, name="device_edit"),
    path("appareils/<int:device_id>/retirer/", devices.device_delete, name="device_delete"),
    path("appareils/<int:device_id>/etat/", devices.device_state, name="device_state"),
    path("appareils/<int:device_id>/etape/", devices.device_tick, name="device_tick"),
    path("appareils/<int:device_id>/mot-de-passe/", app_passwords.password_order, name="device_password"),
]
