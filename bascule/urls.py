from django.urls import path

from bascule.views import home, site

urlpatterns = [
    path("", home.home, name="home"),
    path("accessibilite/", site.accessibility, name="accessibility"),
    path("mentions-legales/", site.legal_notice, name="legal_notice"),
    path("donnees-personnelles/", site.personal_data, name="personal_data"),
]
