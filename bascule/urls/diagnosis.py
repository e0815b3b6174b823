"""Diagnostic: what may be wrong, by symptom or from an error message. Open to anybody."""

from django.urls import path

from bascule.views import diagnosis

urlpatterns = [
    path("aide/diagnostic/", diagnosis.diagnosis, name="diagnosis"),
    path("aide/diagnostic/message/", diagnosis.diagnosis_message, name="diagnosis_message"),
    path("aide/diagnostic/<slug:symptom_code>/", diagnosis.diagnosis_symptom, name="diagnosis_symptom"),
]
