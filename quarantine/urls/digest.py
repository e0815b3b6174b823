"""Addresses of the quarantine: digest."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
