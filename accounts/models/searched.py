"""Rows searched by a text without accents and capitals, which no database ignores by itself in the same way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models

from accounts.plain_text import plain, words

# More words of a search are let go.
_MOST_WORDS = 8


class SearchedQuerySet(models.QuerySet[Any]):
    """Keeps `search_text` true on the ways of writing that do not pass by `save`."""

    def holding(self, text: str) -> SearchedQuerySet:
        """Rows that hold every word of `text`, whatever its accents and capitals; without words, all."""
        rows = self
        for word in words(text)[:_MOST_WORDS]:
            rows = rows.filter(search_text__contains=word)
        return rows

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        rows = list(objs)
        for row in rows:
            row.search_text = row.text_to_search()
        if kwargs.get("update_fields") and self._touches(kwargs["update_fields"]):
            kwargs["update_fields"] = [*kwargs["update_fields"], "search_text"]
        return super().bulk_create(rows, *args, **kwargs)

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        rows, names = list(objs), list(fields)
        if self._touches(names):
            for row in rows:
                row.search_text = row.text_to_search()
            names.append("search_text")
        return super().bulk_update(rows, names, *args, **kwargs)

    def update(self, **fields: Any) -> int:
        """Raises TypeError for what is searched: `bulk_update` writes it together with `search_text`."""
        if self._touches(fields) and "search_text" not in fields:
            raise TypeError(f"{', '.join(self.model.SEARCHED)} are changed by save() or bulk_update()")
        return super().update(**fields)

    def _touches(self, names: Iterable[str]) -> bool:
        return not set(self.model.SEARCHED).isdisjoint(names)


class Searched(models.Model):
    """A row with `search_text`, made of the fields that `SEARCHED` names."""

    SEARCHED: ClassVar[tuple[str, ...]]

    search_text = models.TextField(editable=False, default="")

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search_text = self.text_to_search()
        names = kwargs.get("update_fields")
        if names is not None and not set(self.SEARCHED).isdisjoint(names):
            kwargs["update_fields"] = [*names, "search_text"]
        super().save(*args, **kwargs)

    def text_to_search(self) -> str:
        """What `search_text` has to hold."""
        return plain(" ".join(getattr(self, name) for name in self.SEARCHED))
