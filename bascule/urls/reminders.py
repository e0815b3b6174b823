"""Reminders: pages of staff, and what each person decides about them."""

from django.urls import path

from bascule.views import reminder_choice
from bascule.views.staff import reminder_templates, reminders

urlpatterns = [
    path("equipe/relances/", reminders.reminder_list, name="reminders"),
    path("equipe/relances/nouvelle/", reminders.reminder_new, name="reminder_new"),
    path("equipe/relances/modeles/", reminder_templates.template_list, name="reminder_templates"),
    path("equipe/relances/modeles/nouveau/", reminder_templates.template_new, name="reminder_template_new"),
    path("equipe/relances/modeles/<int:template_id>/", reminder_templates.template_edit, name="reminder_template"),
    path(
        "equipe/relances/modeles/<int:template_id>/supprimer/",
        reminder_templates.template_delete,
        name="reminder_template_delete",
    ),
    path("equipe/relances/<int:reminder_id>/", reminders.reminder_detail, name="reminder"),
    path("equipe/relances/<int:reminder_id>/modifier/", reminders.reminder_edit, name="reminder_edit"),
    path("equipe/relances/<int:reminder_id>/programmer/", reminders.reminder_plan, name="reminder_plan"),
    path("equipe/relances/<int:reminder_id>/etat/", reminders.reminder_act, name="reminder_act"),
    path("equipe/relances/<int:reminder_id>/annuler/", reminders.reminder_cancel, name="reminder_cancel"),
    path("rappels/", reminder_choice.my_reminders, name="my_reminders"),
    path("rappels/refuser/<str:token>/", reminder_choice.refuse_by_link, name="reminder_refuse"),
]
