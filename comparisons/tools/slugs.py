"""Slugs that the pairs of a tool would come to have."""

from django.db.models import Q

from catalog.models import Tool
from comparisons.models import Comparison, pair_slug


def taken_pair_slugs(tool: Tool, slug: str) -> list[str]:
    """Slugs of other pairs that the pairs of this tool would come to have, were it called `slug`. Two queries."""
    pairs = Comparison.objects.filter(Q(first_tool=tool) | Q(second_tool=tool))
    wanted = {
        pair_slug(slug, other)
        for names in pairs.values_list("first_tool__slug", "second_tool__slug")
        for other in names
        if other != tool.slug
    }
    taken = Comparison.objects.filter(pair_slug__in=wanted).exclude(pk__in=pairs.values("pk"))
    return sorted(taken.values_list("pair_slug", flat=True))
