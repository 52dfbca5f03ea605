"""The tables of the catalog, one module for each subject: import them from here."""

# Landed migrations name `new_id` here.
from backend.api.ids import new_id
from catalog.models.conditions import (
    MAX_CONDITIONS,
    MAX_FITS,
    Condition,
    ConditionCount,
    Fit,
    ToolFit,
)
from catalog.models.publishing import Publishable
from catalog.models.slugs import slug_constraint, validate_slug
from catalog.models.tools import DRAWN_LOGO, EARLIER_LOGO, Category, LogoUpload, Tool, ToolAlias

__all__ = [
    "DRAWN_LOGO",
    "EARLIER_LOGO",
    "MAX_CONDITIONS",
    "MAX_FITS",
    "Category",
    "Condition",
    "ConditionCount",
    "Fit",
    "LogoUpload",
    "Publishable",
    "Tool",
    "ToolAlias",
    "ToolFit",
    "new_id",
    "slug_constraint",
    "validate_slug",
]
