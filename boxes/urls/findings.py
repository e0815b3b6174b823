from django.urls import URLPattern, path

from boxes.views import findings

urlpatterns: list[URLPattern] = [
    path("mes-boites/<int:box_id>/ecarts/", findings.box_findings, name="box_findings"),
    path("mes-boites/<int:box_id>/ecarts/comparer/", findings.box_findings_check, name="box_findings_check"),
    path(
        "mes-boites/<int:box_id>/ecarts/<int:finding_id>/remettre/",
        findings.box_finding_restore,
        name="box_finding_restore",
    ),
    path(
        "mes-boites/<int:box_id>/ecarts/<int:finding_id>/garder/",
        findings.box_finding_adopt,
        name="box_finding_adopt",
    ),
    path("equipe/boites/ecarts/", findings.staff_findings, name="staff_findings"),
    path("equipe/boites/ecarts/remettre/", findings.staff_findings_restore, name="staff_findings_restore"),
]
