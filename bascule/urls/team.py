"""Where staff begin, and the filters that they give out."""

from django.urls import path

from bascule.views import filter_intakes, team

urlpatterns = [
    path("equipe/", team.team_page, name="team"),
    path("equipe/filtres/", filter_intakes.intake_list, name="filter_intakes"),
    path("equipe/filtres/deposer/", filter_intakes.intake_receive, name="filter_intake_receive"),
    path("equipe/filtres/<int:intake_id>/", filter_intakes.intake_detail, name="filter_intake"),
    path("equipe/filtres/<int:intake_id>/compte-rendu.csv", filter_intakes.intake_csv, name="filter_intake_csv"),
    path("equipe/filtres/<int:intake_id>/distribuer/", filter_intakes.intake_confirm, name="filter_intake_confirm"),
    path("equipe/filtres/<int:intake_id>/reprendre/", filter_intakes.intake_go_on, name="filter_intake_go_on"),
    path("equipe/filtres/<int:intake_id>/abandonner/", filter_intakes.intake_cancel, name="filter_intake_cancel"),
]
