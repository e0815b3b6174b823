from django.urls import URLPattern, path

from boxes.views import looks

urlpatterns: list[URLPattern] = [
    path("mes-boites/<int:box_id>/regarder/", looks.box_look, name="box_look"),
]
