from django.urls import URLPattern, path

from boxes.views import looks, shares, team

urlpatterns: list[URLPattern] = [
    path("mes-boites/<int:box_id>/regarder/", looks.box_look, name="box_look"),
    path("mes-boites/<int:box_id>/partages/", shares.box_shares, name="box_shares"),
    path("mes-boites/<int:box_id>/partages/nouveau/", shares.box_share_new, name="box_share_new"),
    path("mes-boites/<int:box_id>/partages/<int:share_id>/acces/", shares.box_share_access, name="box_share_access"),
    path("mes-boites/<int:box_id>/partages/<int:share_id>/retirer/", shares.box_share_revoke, name="box_share_revoke"),
    path("mes-boites/<int:box_id>/equipe/", team.box_team, name="box_team"),
    path("mes-boites/<int:box_id>/equipe/conventions/", team.box_conventions_edit, name="box_conventions_edit"),
    path("mes-boites/<int:box_id>/equipe/etiquettes/nouvelle/", team.box_tag_new, name="box_tag_new"),
    path("mes-boites/<int:box_id>/equipe/etiquettes/proposees/", team.box_tags_propose, name="box_tags_propose"),
    path("mes-boites/<int:box_id>/equipe/etiquettes/creer/", team.box_tags_create, name="box_tags_create"),
    path("mes-boites/<int:box_id>/equipe/etiquettes/<int:tag_id>/", team.box_tag_edit, name="box_tag_edit"),
    path("mes-boites/<int:box_id>/equipe/etiquettes/<int:tag_id>/retirer/", team.box_tag_delete, name="box_tag_delete"),
]
