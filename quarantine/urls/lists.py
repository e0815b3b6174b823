"""Addresses of the quarantine: lists."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
