from django.urls import URLPattern, path

from boxes.views import calendars, identities, looks, shares, team

urlpatterns: list[URLPattern] = [
    path("mes-boites/<int:box_id>/regarder/", looks.box_look, name="box_look"),
    path("mes-boites/<int:box_id>/identites/", identities.box_identities, name="box_identities"),
    path("mes-boites/<int:box_id>/identites/ajouter/", identities.box_identity_new, name="box_identity_new"),
    path("mes-boites/<int:box_id>/identites/reessayer/", identities.box_identity_retry, name="box_identity_retry"),
    path(
        "mes-boites/<int:box_id>/identites/<int:identity_id>/", identities.box_identity_edit, name="box_identity_edit"
    ),
    path(
        "mes-boites/<int:box_id>/identites/<int:identity_id>/supprimer/",
        identities.box_identity_delete,
        name="box_identity_delete",
    ),
    path("mes-boites/<int:box_id>/calendriers/", calendars.box_calendars, name="box_calendars"),
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
