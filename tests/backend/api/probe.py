"""A few endpoints that do one thing each, for the tests of what all endpoints share."""

from datetime import date
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.bodies import json_of
from backend.api.credentials import Scheme
from backend.api.deprecation import deprecated
from backend.api.idempotency import idempotent
from backend.api.pagination import InvalidCursor, page_schema
from backend.api.parameters import CommaList, ListParameters, Parameters, WholeNumber
from backend.api.problems import Moved, Refusal, refuses
from backend.api.rate_limits import Limit
from backend.api.throttling import throttle
from backend.api.views import PrivateView, PublicView, field_names, private_answer
from backend.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]


class KettleSerializer(serializers.Serializer[Any]):
    """A kettle."""

    slug = serializers.CharField()
    litres = serializers.SerializerMethodField()

    def get_litres(self, kettle: dict[str, Any]) -> int:
        return int(kettle["litres"])


class KettleParameters(ListParameters):
    selectable = field_names(KettleSerializer)
    q = serializers.CharField(default="", max_length=10)
    colour = serializers.ChoiceField(choices=["red", "blue"], required=False)
    sold_by = CommaList(max_items=3, help_text="Slugs of shops.")
    min_litres = WholeNumber(default=0, min_value=-5, max_value=5)


class KettleListView(PublicView):
    """Not for readers of the contract."""

    parameters = KettleParameters

    @extend_schema(operation_id="list_kettles", tags=["kettles"], responses=page_schema(KettleSerializer))
    def get(self, request: Request) -> Response:
        """List kettles

        Lists kettles.
        """
        return Response({"asked": self.params})


class KettleView(PublicView):
    may_move = True

    @extend_schema(
        operation_id="retrieve_kettle", tags=["kettles"], summary="Retrieve", responses=KettleSerializer
    )
    def get(self, request: Request, slug: str) -> Response:
        if slug != "new":
            raise Moved("new")
        return Response({"slug": slug})


class NamelessView(PublicView):
    @extend_schema(responses=KettleSerializer)
    def get(self, request: Request) -> Response:
        return Response({})


class OrderView(APIView):
    @extend_schema(
        operation_id="order_kettle",
        tags=["kettles"],
        request=KettleSerializer,
        responses=KettleSerializer,
    )
    def post(self, request: Request) -> Response:
        order = OrderSerializer(data=request.data)
        order.is_valid(raise_exception=True)
        return Response({})


class ShopSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()


class OrderSerializer(serializers.Serializer[Any]):
    shops = ShopSerializer(many=True)

    def validate(self, attrs: Any) -> Any:
        raise serializers.ValidationError("Shops are closed.", "closed")


class BrewParameters(Parameters):
    milk = WholeNumber(default=0)


class KeyMissing(Refusal):
    status_code = 401
    default_code = "not_authenticated"
    default_detail = "There is no tea without a key."
    headers = {"WWW-Authenticate": "Kettle"}


KETTLES = Scheme(name="Kettle", description="Its key.", missing=KeyMissing)


class BrewView(PrivateView):
    """Counts first, and can fail afterwards in every way."""

    credentials = KETTLES
    parameters = BrewParameters
    limits = (Limit("brews-60s", 30, 60), Limit("brews-3600s", 100, 3600))
    counted_by = limits[0]

    @extend_schema(
        operation_id="brew", tags=["kettles"], request=KettleSerializer, responses={201: KettleSerializer}
    )
    @refuses(InvalidCursor)
    @idempotent
    def post(self, request: HttpRequest) -> HttpResponse:
        self.rate_limits = throttle(("the kettle", self.limits), now=timezone.now())
        body = json_of(request)
        assert isinstance(body, dict)
        wish = body.get("wish")
        if wish == "wine":
            raise serializers.ValidationError({"wish": "Tea only."})
        if wish == "fire":
            raise RuntimeError("SELECT password FROM /etc/secrets")
        cup = self.rate_limits.allowances[0].used
        answer = private_answer({"cup": cup, "token": "drink-me"}, status=201)
        answer["Location"] = f"/api/v1/brews/{cup}"
        return answer


class CupboardView(PrivateView):
    credentials = KETTLES
    counted_by = BrewView.counted_by

    @extend_schema(operation_id="open_cupboard", tags=["kettles"], responses=KettleSerializer)
    def get(self, request: HttpRequest) -> HttpResponse:
        return private_answer({})


GOING = deprecated(since=date(2027, 1, 1), sunset=date(2027, 7, 1), link="https://api.example.com/docs/gone")


class SamovarView(PublicView):
    @extend_schema(operation_id="retrieve_samovar", tags=["kettles"], responses=KettleSerializer)
    @GOING
    def get(self, request: Request) -> Response:
        """Retrieve the samovar"""
        return Response({"slug": "samovar", "litres": 5})


class SamovarLidView(PrivateView):
    @extend_schema(operation_id="retrieve_lid", tags=["kettles"], responses=KettleSerializer)
    def get(self, request: HttpRequest) -> HttpResponse:
        """Retrieve the lid"""
        return private_answer({})

    @extend_schema(operation_id="put_lid", tags=["kettles"], request=None, responses=KettleSerializer)
    @GOING
    def put(self, request: HttpRequest) -> HttpResponse:
        """Put the lid on"""
        return private_answer({})


class DatabaseView(APIView):
    """Asks PostgreSQL something; a POST has it cut the very connection that asks."""

    @transaction.atomic
    def get(self, request: Request) -> Response:
        return Response(ask(request.query_params.get("sql", "SELECT 1")))

    @transaction.atomic
    def post(self, request: Request) -> Response:
        return Response(ask("SELECT pg_terminate_backend(pg_backend_pid())"))


def database_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(ask("SELECT 1")))


def ask(question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()


class RefusingView(PublicView):
    def get(self, request: Request) -> Response:
        raise InvalidCursor


class FailingView(PublicView):
    def get(self, request: Request) -> Response:
        raise RuntimeError("SELECT password FROM /etc/secrets")


def failing_page(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("SELECT password FROM /etc/secrets")


def form_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("taken")


def session_page(request: HttpRequest) -> HttpResponse:
    request.session["seen"] = True
    return HttpResponse("seen")


urlpatterns = [
    path("api/v1/kettles", KettleListView.as_view()),
    path("api/v1/kettles/<slug:slug>", KettleView.as_view(), name="kettle"),
    path("api/v1/orders", OrderView.as_view()),
    path("api/v1/brews", BrewView.as_view()),
    path("api/v1/cupboard", CupboardView.as_view()),
    path("api/v1/samovar", SamovarView.as_view()),
    path("api/v1/samovar/lid", SamovarLidView.as_view()),
    path("api/v1/database", DatabaseView.as_view()),
    path("api/v1/database-page", database_page),
    path("api/v1/refusing", RefusingView.as_view()),
    path("api/v1/failing", FailingView.as_view()),
    path("api/v1/failing-page", failing_page),
    path("api/v1/form", form_page),
    path("page/database", database_page),
    path("page/failing", failing_page),
    path("page/form", form_page),
    path("page/session", session_page),
]
