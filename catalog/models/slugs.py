"""What a slug is made of."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

# Python's `$` would let a line break follow; `\Z` is the end to Python and to PostgreSQL alike.
SLUG_PATTERN = r"^[a-z0-9][a-z0-9-]*\Z"
validate_slug = RegexValidator(SLUG_PATTERN, "Use lower-case letters, digits and hyphens.", "invalid_slug")


def slug_constraint(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(slug__regex=SLUG_PATTERN), name=name)
