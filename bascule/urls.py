from django.urls import path

from bascule.views import home, site, steps

urlpatterns = [
    path("", home.home, name="home"),
    path("etapes/note-boxes/boites/", steps.note_boxes, name="note_boxes"),
    path("etapes/<slug:code>/", steps.step_page, name="step"),
    path("etapes/<slug:code>/etat/", steps.change_state, name="step_state"),
    path("etapes/<slug:code>/notes/", steps.save_note, name="step_note"),
    path("accessibilite/", site.accessibility, name="accessibility"),
    path("mentions-legales/", site.legal_notice, name="legal_notice"),
    path("donnees-personnelles/", site.personal_data, name="personal_data"),
]
