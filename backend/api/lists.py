"""The base of views that answer one page of a list."""

from collections.abc import Sequence

from django.db.models import QuerySet
from rest_framework.response import Response

from backend.api.pagination import Page, Row, paginate
from backend.api.views import PublicView, SparseFieldsMixin


class ListView(PublicView):
    """A list whose `parameters` descend from ListParameters."""

    def page(self, queryset: QuerySet[Row], *, keys: Sequence[str]) -> Page[Row]:
        limit, cursor = self.params["limit"], self.params["cursor"]
        return paginate(queryset, keys=keys, limit=limit, cursor=cursor, request=self.request)

    def answer_page(
        self,
        queryset: QuerySet[Row],
        *,
        keys: Sequence[str],
        serializer: type[SparseFieldsMixin],
    ) -> Response:
        page = self.page(queryset, keys=keys)
        return Response(page.as_dict(serializer(page.results, many=True, only=self.params["fields"]).data))
