"""Establishments are found as somebody types them."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps

from accounts.models import Establishment
from tests.factories import make_establishment

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    return sorted(place.name for place in Establishment.objects.holding(text))


def test_accents_capitals_signs_and_order_do_not_matter() -> None:
    make_establishment(name="Collège Bois-de-Nèfles", city="Saint-Denis", uai="9740001A")
    make_establishment(name="École d’Œuvre", city="L’Étang-Salé", uai="9740002B")
    for text in ("college bois de nefles", "NÈFLES collège", "bois-de-nèfl", "9740001a", "denis nefles", "\0nefles"):
        assert found(text) == ["Collège Bois-de-Nèfles"], text
    assert found("oeuvre etang") == ["École d’Œuvre"]
    assert found("nefles oeuvre") == []
    assert len(found(" – ")) == 2


def test_what_is_searched_follows_every_way_of_writing() -> None:
    place = make_establishment(name="Lycée A")
    place.name = "Lycée Bellepierre"
    place.save(update_fields=["name"])
    assert found("bellepierre") == ["Lycée Bellepierre"]
    place.city = "Le Port"
    Establishment.objects.bulk_update([place], ["city"])
    assert found("port lycee") == ["Lycée Bellepierre"]
    Establishment.objects.bulk_create([Establishment(uai="9749999Z", name="Annexe")])
    assert found("9749999z") == ["Annexe"]
    with pytest.raises(TypeError):
        Establishment.objects.update(name="x")


def test_those_of_before_are_filled() -> None:
    place = make_establishment(name="Théâtre", city="Cilaos")
    Establishment.objects.update(search_text="")
    importlib.import_module("accounts.migrations.0014_fill_establishment_search_text").fill(apps, None)
    place.refresh_from_db()
    assert place.search_text == place.text_to_search() == f"theatre cilaos {place.uai.lower()}"
