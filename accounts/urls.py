from django.urls import include, path

from accounts import views, views_journal

urlpatterns = [
    path("connexion/", views.sign_in_page, name="sign_in"),
    path("deconnexion/", views.sign_out, name="sign_out"),
    path("notifications/", views.notice_list, name="notices"),
    path("notifications/lues/", views.notices_read, name="notices_read"),
    path("journal/", views_journal.journal_page, name="journal"),
    path("equipe/repertoire/", include("accounts.urls_directory")),
]
