from django.urls import URLPattern, path

from boxes.views import box, history, members, mine

urlpatterns: list[URLPattern] = [
    path("mes-boites/", mine.my_boxes, name="boxes"),
    path("mes-boites/<int:box_id>/", box.box_page, name="box"),
    path("mes-boites/<int:box_id>/membres.csv", box.box_members_csv, name="box_members_csv"),
    path("mes-boites/<int:box_id>/reessayer/", box.box_retry, name="box_retry"),
    path("mes-boites/<int:box_id>/masquer/", mine.box_hide, name="box_hide"),
    path("mes-boites/<int:box_id>/afficher/", mine.box_show, name="box_show"),
    path("mes-boites/<int:box_id>/quitter/", mine.box_leave, name="box_leave"),
    path("mes-boites/<int:box_id>/ajouter/", members.box_add, name="box_add"),
    path("mes-boites/<int:box_id>/ajouter/recherche/", members.box_search, name="box_search"),
    path("mes-boites/<int:box_id>/membres/<int:delegation_id>/role/", members.box_role, name="box_role"),
    path("mes-boites/<int:box_id>/membres/<int:delegation_id>/retirer/", members.box_remove, name="box_remove"),
    path("mes-boites/<int:box_id>/proprietaire/", members.box_owner_appoint, name="box_owner_appoint"),
    path("mes-boites/<int:box_id>/historique/", history.box_history, name="box_history"),
]
