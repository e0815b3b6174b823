"""Addresses of the quarantine: held."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
