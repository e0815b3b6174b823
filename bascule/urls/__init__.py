"""Addresses, a module for each part: pages of every person, pages of staff below /equipe/."""

from bascule.urls import agent, team, wave_states

urlpatterns = [
    *agent.urlpatterns,
    *team.urlpatterns,
    *wave_states.urlpatterns,
]
