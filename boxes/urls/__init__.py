"""Addresses of the pages about functional boxes, by family."""

from boxes.urls import around, box, census, findings, staff

urlpatterns = [*census.urlpatterns, *box.urlpatterns, *around.urlpatterns, *staff.urlpatterns, *findings.urlpatterns]
