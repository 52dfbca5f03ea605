"""Where Django looks for the curators' pages: each room has its own."""

from comparisons.history.admin import VerdictChangeAdmin
from comparisons.merging.admin import ToolMergeAdmin
from comparisons.pairs.admin import ComparisonAdmin
from comparisons.tools.admin import ToolAdmin

__all__ = ["ComparisonAdmin", "ToolAdmin", "ToolMergeAdmin", "VerdictChangeAdmin"]
