"""The endpoint of a pair's verdict history."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.pagination import ListView, page_schema
from backend.api.parameters import ListParameters
from backend.api.problems import Moved, refuses
from backend.api.views import field_names
from comparisons.history.serializers import VerdictChangeSerializer
from comparisons.models import VerdictChange
from comparisons.pairs.selectors import ComparisonNotFound, resolve_pair


class VerdictHistoryView(ListView):
    parameters = ListParameters.selecting(field_names(VerdictChangeSerializer))
    may_move = True

    @extend_schema(
        operation_id="list_verdict_changes",
        tags=["comparisons"],
        responses=page_schema(VerdictChangeSerializer),
    )
    @refuses(ComparisonNotFound)
    def get(self, request: Request, slug: str) -> Response:
        """List how a pair's verdict changed, the latest change first

        Every change of the verdict on a pair that an editor published, as it is found every three minutes, with its
        cause, each written once and never changed. A margin that moves within the same strength is no change. Empty for
        a computed pair. `b-vs-a` and earlier slugs of either tool answer 308.
        """
        pair = resolve_pair(slug)
        if pair.slug != slug:
            raise Moved(pair.slug)
        changes = VerdictChange.objects.with_winners().filter(comparison=pair.comparison)
        return self.answer_page(changes, keys=["-number"], serializer=VerdictChangeSerializer)
