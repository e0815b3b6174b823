"""Addresses of the pages about held mail and sending limits, by family."""

from quarantine.urls import digest, held, lists, sending, staff

urlpatterns = [
    *held.urlpatterns,
    *lists.urlpatterns,
    *digest.urlpatterns,
    *sending.urlpatterns,
    *staff.urlpatterns,
]
