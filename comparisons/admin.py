"""Where Django looks for the curators' pages: each room has its own."""

from comparisons.desk.panel_page import PanelAdmin
from comparisons.history.admin import VerdictChangeAdmin
from comparisons.merging.admin import ToolMergeAdmin
from comparisons.pairs.admin import ComparisonAdmin
from comparisons.tools.admin import ToolAdmin

__all__ = [
    "ComparisonAdmin",
    "PanelAdmin",
    "ToolAdmin",
    "ToolMergeAdmin",
    "VerdictChangeAdmin",
]
