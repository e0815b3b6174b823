from django.urls import path

from bascule.views import files, home, imports, replays, site, steps

urlpatterns = [
    path("", home.home, name="home"),
    path("etapes/note-boxes/boites/", steps.note_boxes, name="note_boxes"),
    path("etapes/<slug:code>/", steps.step_page, name="step"),
    path("etapes/<slug:code>/etat/", steps.change_state, name="step_state"),
    path("etapes/<slug:code>/notes/", steps.save_note, name="step_note"),
    path("mes-fichiers/", files.file_list, name="files"),
    path("mes-fichiers/deposer/", files.file_deposit, name="file_deposit"),
    path("mes-fichiers/<int:deposit_id>/", files.file_detail, name="file_detail"),
    path("mes-fichiers/<int:deposit_id>/remarques/", files.file_remarks, name="file_remarks"),
    path("mes-fichiers/<int:deposit_id>/original/", files.file_original, name="file_original"),
    path("mes-fichiers/<int:deposit_id>/nettoye/", files.file_cleaned, name="file_cleaned"),
    path("mes-fichiers/<int:deposit_id>/supprimer/", files.file_delete, name="file_delete"),
    path("mes-fichiers/<int:deposit_id>/<int:position>/", files.collection_detail, name="collection_detail"),
    path("mes-fichiers/<int:deposit_id>/<int:position>/<int:number>/", files.item_detail, name="item_detail"),
    path("mes-fichiers/<int:deposit_id>/<int:position>/nettoye/", files.collection_cleaned, name="collection_cleaned"),
    path("mes-fichiers/<int:deposit_id>/<int:position>/importer/", imports.import_new, name="import_new"),
    path("imports/<int:import_id>/", imports.import_detail, name="import_detail"),
    path("imports/<int:import_id>/resultats.csv", imports.import_results_csv, name="import_results_csv"),
    path("imports/<int:import_id>/reessayer/", imports.import_retry, name="import_retry"),
    path("imports/<int:import_id>/annuler/", imports.import_undo, name="import_undo"),
    path("envois/<int:replay_id>/", replays.replay_detail, name="replay_detail"),
    path("envois/<int:replay_id>/reessayer/", replays.replay_retry, name="replay_retry"),
    path("envois/<int:replay_id>/annuler/", replays.replay_undo, name="replay_undo"),
    path("accessibilite/", site.accessibility, name="accessibility"),
    path("mentions-legales/", site.legal_notice, name="legal_notice"),
    path("donnees-personnelles/", site.personal_data, name="personal_data"),
]
