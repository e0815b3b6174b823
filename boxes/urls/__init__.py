"""Addresses of the pages about functional boxes, by family."""

from boxes.urls import around, box, census, staff

urlpatterns = [*census.urlpatterns, *box.urlpatterns, *around.urlpatterns, *staff.urlpatterns]
