"""Refused passwords, which are counted."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class FailedSignIn(models.Model):
    """One refused password; rows older than the window mean nothing and are removed as new ones come in."""

    address = models.CharField(max_length=254)
    network_address = models.CharField(max_length=45)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["address", "at"], name="failed_sign_in_address"),
            models.Index(fields=["network_address", "at"], name="failed_sign_in_network"),
        ]
