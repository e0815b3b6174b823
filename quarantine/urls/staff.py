"""Addresses of the quarantine: staff."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
