"""Suivi: all waves, one wave, who is held up, jobs that failed."""

from django.urls import path

from bascule.views.staff import tracking, wave_jobs, wave_tracking

_WAVE = "equipe/suivi/<int:wave_id>/"

urlpatterns = [
    path("equipe/suivi/", tracking.tracking, name="tracking"),
    path("equipe/suivi/comparaison/", tracking.comparison_page, name="tracking_comparison"),
    path(_WAVE, wave_tracking.wave_tracking, name="wave_tracking"),
    path(f"{_WAVE}etablissements/", wave_tracking.places, name="wave_tracking_places"),
    path(f"{_WAVE}personnes/", wave_tracking.wave_stuck, name="wave_stuck"),
    path(f"{_WAVE}travaux/", wave_jobs.wave_jobs, name="wave_jobs"),
    path(f"{_WAVE}travaux/liste/", wave_jobs.job_list, name="wave_job_list"),
    path(f"{_WAVE}travaux/relancer/", wave_jobs.jobs_retry, name="wave_jobs_retry"),
]
