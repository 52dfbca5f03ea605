"""What describes the API over HTTP: the contract itself, its page, and each kind of problem."""

import json
from functools import cache

import yaml
from django.conf import settings
from django.http import Http404, HttpResponse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.problems import PROBLEMS, title_of
from backend.api.schema_settings import DOCUMENTED_SERVER
from backend.api.views import PublicView, nothing

CONTRACT = settings.BASE_DIR / "openapi.yaml"


@cache
def contract(kind: str) -> bytes:
    """The committed contract as `yaml` or `json`, with this server's address.

    A test holds it equal to the code, so nothing is generated on request. JSON is made of it once for each process.
    """
    text = CONTRACT.read_text(encoding="utf-8")
    text = text.replace(f"url: {DOCUMENTED_SERVER}\n", f"url: {settings.PUBLIC_BASE_URL}\n")
    if kind == "yaml":
        return text.encode()
    # In C it takes a tenth of the time, where the wheel has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return json.dumps(yaml.load(text, loader), ensure_ascii=False).encode()  # noqa: S506 - both are safe loaders.


class OpenApiView(PublicView):
    """The contract in the form that the address names, whatever `Accept` asks for: tools send many things there."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(exclude=True)
    def get(self, request: Request, kind: str) -> HttpResponse:
        return HttpResponse(contract(kind), content_type=f"application/{kind}")


class DocsPage(SpectacularSwaggerSplitView):
    """The contract as a page to read and to try, which a keyboard and a screen reader can use too."""

    template_name = "api/docs.html"

    def options(self, *args: object, **kwargs: object) -> HttpResponse:  # type: ignore[override]
        """The base would describe itself, for which its page has no template."""
        return nothing(headers={"Allow": "GET, HEAD, OPTIONS"})


class ProblemView(PublicView):
    """What the `type` of a problem leads to."""

    @extend_schema(exclude=True)
    def get(self, request: Request, slug: str) -> Response:
        code = slug.replace("-", "_")
        if code not in PROBLEMS:
            raise Http404
        kind = PROBLEMS[code]
        return Response(
            {"code": code, "title": title_of(code), "status": kind.status, "meaning": kind.meaning}
        )
