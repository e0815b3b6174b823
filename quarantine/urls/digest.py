"""Addresses of the quarantine: notifications by mail, and the links in them, for which nobody has to sign in."""

from django.urls import URLPattern, path

from quarantine.views import digest, linked

urlpatterns: list[URLPattern] = [
    path("quarantaine/notifications/", digest.digest_choice, name="digest_choice"),
    path("quarantaine/notifications/envoyer/", digest.digest_now, name="digest_now"),
    path("q/", linked.quarantine_link, name="quarantine_link"),
    path("q/nouvelle/", linked.quarantine_link_renew, name="quarantine_link_renew"),
]
