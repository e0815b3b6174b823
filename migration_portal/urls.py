"""All addresses of the site."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("boxes.urls")),
    path("", include("quarantine.urls")),
    path("", include("bascule.urls")),
]
