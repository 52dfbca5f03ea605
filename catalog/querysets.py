"""Reads of the catalog, as phrases.

Rows are Any: they carry what a read annotates, which no type of a model knows.
"""

import re
from collections.abc import Iterable
from functools import reduce
from operator import and_
from typing import Any, Self

from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import Count, Q

# Punctuation parts words, as it does in the indexed text.
_WORDS = re.compile(r"[^\W_]+")


class CategoryQuerySet(models.QuerySet[Any]):
    def with_tool_count(self) -> Self:
        """Adds `tool_count`: published tools only."""
        return self.annotate(tool_count=Count("tools", filter=Q(tools__status="published")))


class ToolQuerySet(models.QuerySet[Any]):
    def published(self) -> Self:
        """What lists and rankings show."""
        return self.filter(status="published")

    def visible(self) -> Self:
        """What may be read by its slug: an archived tool leaves the lists, but its pages stay."""
        return self.exclude(status="draft")

    def in_categories(self, slugs: Iterable[str]) -> Self:
        return self.filter(category__slug__in=slugs)

    def with_entry(self, entries: Iterable[str]) -> Self:
        return self.filter(pricing_entry__in=entries)

    def with_slugs(self, slugs: Iterable[str]) -> Self:
        """Tools that have, or once had, one of these slugs."""
        slugs = list(slugs)
        # From the model, since catalog.models imports this module.
        aliases = self.model._meta.get_field("aliases").related_model.objects
        return self.filter(Q(slug__in=slugs) | Q(pk__in=aliases.filter(slug__in=slugs).values("tool")))

    def matching(self, text: str) -> Self:
        """Tools in which every word of `text` begins a word of name, tagline or description."""
        return self.filter(search=search_query(text))


def search_words(text: str) -> list[str]:
    return _WORDS.findall(text)


def search_query(text: str) -> SearchQuery:
    """Each word as a prefix, both as written and as its English stem; all words must be found."""
    words = search_words(text)
    if not words:
        return SearchQuery("", config="simple")
    return reduce(and_, map(_prefix_query, words))


def _prefix_query(word: str) -> SearchQuery:
    prefix = f"'{word}':*"
    return SearchQuery(prefix, search_type="raw", config="simple") | SearchQuery(
        prefix, search_type="raw", config="english"
    )
