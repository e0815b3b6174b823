from django.urls import URLPattern, path

from boxes.views import box, mine

urlpatterns: list[URLPattern] = [
    path("mes-boites/", mine.my_boxes, name="boxes"),
    path("mes-boites/<int:box_id>/", box.box_page, name="box"),
]
