"""Addresses, a module for each part: pages of every person, pages of staff below /equipe/."""

from bascule.urls import agent, bulk, help_desk, reminders, team, wave_states, waves

urlpatterns = [
    *agent.urlpatterns,
    *bulk.urlpatterns,
    *help_desk.urlpatterns,
    *reminders.urlpatterns,
    *team.urlpatterns,
    *wave_states.urlpatterns,
    *waves.urlpatterns,
]
