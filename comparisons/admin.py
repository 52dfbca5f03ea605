"""Where Django looks for the curators' pages: each room has its own."""

# first_page declares what the first page shows.
from comparisons.desk import first_page  # noqa: F401
from comparisons.desk.panel_page import PanelAdmin
from comparisons.history.admin import VerdictChangeAdmin
from comparisons.merging.admin import ToolMergeAdmin
from comparisons.pairs.admin import ComparisonAdmin
from comparisons.previews.admin import PreviewLinkAdmin
from comparisons.tools.admin import ToolAdmin
from comparisons.uploads.admin import CatalogUploadAdmin

__all__ = [
    "CatalogUploadAdmin",
    "ComparisonAdmin",
    "PanelAdmin",
    "PreviewLinkAdmin",
    "ToolAdmin",
    "ToolMergeAdmin",
    "VerdictChangeAdmin",
]
