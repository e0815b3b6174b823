"""Ma messagerie est-elle complète ? The old mailbox counted, and compared with Zimbra."""

from django.urls import path

from bascule.views import mailbox_check
from bascule.views.staff import mailboxes

urlpatterns = [
    path("messagerie/", mailbox_check.mailbox_page, name="mailbox_check"),
    path("messagerie/inventaire/", mailbox_check.census_start, name="mailbox_census"),
    path("messagerie/comparaison/", mailbox_check.comparison_start, name="mailbox_compare"),
    path("messagerie/releves/<int:census_id>/reprendre/", mailbox_check.census_resume, name="mailbox_resume"),
    path("messagerie/releves/<int:census_id>/abandonner/", mailbox_check.census_cancel, name="mailbox_cancel"),
    path("messagerie/abonnements/", mailbox_check.folders_subscribe, name="mailbox_subscribe"),
    path("messagerie/dossiers/<int:pair_id>/", mailbox_check.folder_page, name="mailbox_folder"),
    path("messagerie/supprimer/", mailbox_check.mailbox_delete, name="mailbox_delete"),
    path("equipe/vagues/<int:wave_id>/messageries/", mailboxes.wave_mailboxes, name="wave_mailboxes"),
    path(
        "equipe/vagues/<int:wave_id>/messageries/lancer/", mailboxes.wave_mailboxes_start, name="wave_mailboxes_start"
    ),
    path("equipe/vagues/<int:wave_id>/messageries/arreter/", mailboxes.wave_mailboxes_stop, name="wave_mailboxes_stop"),
]
