"""Slugs of reviewers, as callers filter by them."""

from catalog.slugs import SlugKind
from reviews.models import Reviewer

REVIEWER = SlugKind("reviewer", "reviewers", (Reviewer.objects.all(),))
