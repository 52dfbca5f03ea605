"""What curators do to pairs alone; archiving is the same as for tools."""

from datetime import datetime

from backend.admin.errors import CurationError
from catalog import services
from catalog.models import Tool
from comparisons.models import Comparison


def publish(comparison: Comparison, *, now: datetime) -> None:
    """An archived pair comes back with the day it was first published. Raises CurationError."""
    if Tool.Status.DRAFT in (comparison.first_tool.status, comparison.second_tool.status):
        raise CurationError("a tool of the pair is a draft")
    services.publish(comparison, now=now)
