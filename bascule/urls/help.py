"""The help: open to everybody; what staff see of it below /equipe/aide/."""

from django.urls import path

from bascule.views import first_sign_in
from bascule.views import help as pages
from bascule.views.staff import help as staff

urlpatterns = [
    path("premiere-connexion/", first_sign_in.first_sign_in_page, name="first_sign_in"),
    path("premiere-connexion/etape/", first_sign_in.first_sign_in_tick, name="first_sign_in_tick"),
    path("aide/", pages.help_home, name="help"),
    path("aide/recherche/", pages.help_search, name="help_search"),
    path("aide/imprimer/", pages.help_print, name="help_print"),
    path("aide/rubriques/<slug:section>/", pages.help_section, name="help_section"),
    path("aide/dessins/<slug:name>.svg", pages.help_drawing, name="help_drawing"),
    path("aide/<slug:slug>/", pages.help_page, name="help_page"),
    path("aide/<slug:slug>/avis/", pages.help_opinion, name="help_opinion"),
    path("equipe/aide/", staff.help_staff, name="help_staff"),
    path("equipe/aide/nouvelle/", staff.help_new, name="help_new"),
    path("equipe/aide/<slug:slug>/", staff.help_edit, name="help_edit"),
    path("equipe/aide/<slug:slug>/origine/", staff.help_restore, name="help_restore"),
]
