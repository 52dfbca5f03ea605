"""The tables of comparisons, one module for each subject: import them from here."""

from comparisons.listings import ListedPair, ListedTool, Relisting, SearchDocument
from comparisons.models.merges import MergedRow, ToolMerge
from comparisons.models.pairs import (
    PAIR_SEPARATOR,
    Comparison,
    PairFit,
    PairFitRow,
    PairPanel,
    StoredAnswer,
    pair_slug,
)
from comparisons.models.previews import PreviewLink
from comparisons.models.uploads import CatalogUpload
from comparisons.models.verdicts import MARGIN, DecidedBy, Outcome, Strength, VerdictChange

__all__ = [
    "MARGIN",
    "PAIR_SEPARATOR",
    "CatalogUpload",
    "Comparison",
    "DecidedBy",
    "ListedPair",
    "ListedTool",
    "MergedRow",
    "Outcome",
    "PairFit",
    "PairFitRow",
    "PairPanel",
    "PreviewLink",
    "Relisting",
    "SearchDocument",
    "StoredAnswer",
    "Strength",
    "ToolMerge",
    "VerdictChange",
    "pair_slug",
]
