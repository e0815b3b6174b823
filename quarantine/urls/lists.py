"""Addresses of the trust and block lists: of a quarantine, and of the academy."""

from django.urls import URLPattern, path

from quarantine.views import lists

urlpatterns: list[URLPattern] = [
    path("quarantaine/listes/", lists.sender_lists, name="sender_lists"),
    path("quarantaine/listes/ajouter/", lists.sender_add, name="sender_add"),
    path("quarantaine/listes/remettre/", lists.sender_restore, name="sender_restore"),
    path("quarantaine/listes/<int:entry_id>/retirer/", lists.sender_remove, name="sender_remove"),
    path("equipe/quarantaine/listes/", lists.staff_sender_lists, name="staff_sender_lists"),
    path("equipe/quarantaine/listes/ajouter/", lists.staff_sender_add, name="staff_sender_add"),
    path("equipe/quarantaine/listes/<int:entry_id>/retirer/", lists.staff_sender_remove, name="staff_sender_remove"),
]
