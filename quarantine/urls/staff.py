"""Addresses of the quarantine for staff: figures, and the notifications by mail."""

from django.urls import URLPattern, path

from quarantine.views import staff

urlpatterns: list[URLPattern] = [
    path("equipe/quarantaine/", staff.staff_quarantine, name="staff_quarantine"),
    path("equipe/quarantaine/notifications/", staff.staff_digest_rules, name="staff_digest_rules"),
]
