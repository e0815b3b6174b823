"""Addresses of the quarantine: sending."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
