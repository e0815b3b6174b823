"""Addresses, a module for each part: pages of every person, pages of staff below /equipe/."""

from bascule.urls import (
    agent,
    autoconfig,
    bulk,
    connection,
    devices,
    diagnosis,
    help,
    help_desk,
    mailbox_check,
    rehearsals,
    reminders,
    team,
    tracking,
    wave_states,
    waves,
)

urlpatterns = [
    *agent.urlpatterns,
    *autoconfig.urlpatterns,
    *bulk.urlpatterns,
    *connection.urlpatterns,
    *devices.urlpatterns,
    # Before the pages of the help, whose addresses are below the same path.
    *diagnosis.urlpatterns,
    *help.urlpatterns,
    *help_desk.urlpatterns,
    *mailbox_check.urlpatterns,
    *rehearsals.urlpatterns,
    *reminders.urlpatterns,
    *team.urlpatterns,
    *tracking.urlpatterns,
    *wave_states.urlpatterns,
    *waves.urlpatterns,
]
