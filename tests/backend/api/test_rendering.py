"""What is written from serializers, held to what the serializers write."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from rest_framework import serializers

from backend.api.rendering import all_rendered, rendered


class LidSerializer(serializers.Serializer[Any]):
    colour = serializers.CharField(allow_null=True)
    is_loose = serializers.BooleanField(default=False)


class ParamsSerializer(serializers.Serializer[Any]):
    """Says itself how a value is written."""

    litres = serializers.IntegerField()

    def to_representation(self, value: Any) -> dict[str, Any]:
        return {"as": value}


class KettleSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    material = serializers.ChoiceField(choices=["steel", "glass"])
    litres = serializers.FloatField()
    price = serializers.DecimalField(max_digits=6, decimal_places=2)
    id = serializers.UUIDField()
    made_at = serializers.DateTimeField(source="made")
    made_on = serializers.DateField()
    lid = LidSerializer(allow_null=True)
    lids = LidSerializer(many=True)
    pair = serializers.ListField(child=LidSerializer(allow_null=True))
    names = serializers.ListField(child=serializers.CharField())
    maker = serializers.CharField(source="maker.name", default=None, allow_null=True)
    address = serializers.URLField(required=False)
    volume = serializers.IntegerField(source="times")
    params = ParamsSerializer()
    whole = LidSerializer(source="*")
    note = serializers.SerializerMethodField()
    secret = serializers.CharField(write_only=True)

    def get_note(self, value: Any) -> str:
        return f"of {value.slug}"


@dataclass
class Lid:
    colour: str | None = "red"
    is_loose: bool = True


@dataclass
class Kettle:
    slug: str = "k"
    material: str = "steel"
    litres: float = 1
    price: Decimal = Decimal("2.5")
    id: UUID = field(default_factory=uuid4)
    made: datetime = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
    made_on: date = date(2026, 12, 1)
    lid: Any = field(default_factory=Lid)
    lids: Any = field(default_factory=lambda: [Lid(), {"colour": "blue"}])
    pair: Any = field(default_factory=lambda: [None, Lid(None)])
    names: Any = ("a", "b")
    maker: Any = None
    params: Any = "1"
    colour: str = "grey"
    is_loose: bool = False

    def times(self) -> str:
        return "12"


def with_address() -> Kettle:
    kettle = Kettle()
    kettle.address = "https://example.com"  # type: ignore[attr-defined]
    return kettle


CASES: dict[str, Callable[[], Kettle]] = {
    "a whole one": Kettle,
    "what may be missing is there": with_address,
    "nothing inside": lambda: Kettle(lid=None, lids=[], pair=[], names=[]),
    "a relation that is there": lambda: Kettle(maker=SimpleNamespace(name="Wren")),
    "a mapping": lambda: Kettle(lid={"colour": "green", "is_loose": False}),
    "a mapping without what has a default": lambda: Kettle(lid={"colour": None}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_value_is_written_as_its_serializer_writes_it(case: str) -> None:
    kettle = CASES[case]()

    written = rendered(KettleSerializer, kettle)

    said = KettleSerializer(kettle).data
    assert written == said
    assert list(written) == list(said)
    assert all_rendered(KettleSerializer, [kettle, kettle]) == [said, said]


def test_only_what_is_asked_for_is_read() -> None:
    asked = SimpleNamespace(slug="k", litres=2)

    assert rendered(KettleSerializer, asked, only=["litres", "slug"]) == {"slug": "k", "litres": 2.0}
    assert all_rendered(KettleSerializer, [asked], only=["slug"]) == [{"slug": "k"}]


def test_a_serializer_that_says_itself_how_a_value_is_written_is_asked() -> None:
    assert rendered(ParamsSerializer, 3) == {"as": 3}


def test_a_property_that_is_missing_is_an_error_of_ours() -> None:
    with pytest.raises(AttributeError, match="slug"):
        rendered(KettleSerializer, SimpleNamespace(), only=["slug"])


def test_a_null_where_the_field_says_none_is_written_as_null_as_ever() -> None:
    kettle = Kettle(made=None)  # type: ignore[arg-type]

    assert rendered(KettleSerializer, kettle, only=["made_at"]) == {"made_at": None}


class MomentsSerializer(serializers.Serializer[Any]):
    plain = serializers.DateTimeField(source="*")
    of_a_format = serializers.DateTimeField(source="*", format="%Y")
    of_a_zone = serializers.DateTimeField(source="*", default_timezone=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        datetime(2026, 11, 2, 9, 30, 0, 1, tzinfo=UTC),
        datetime(2026, 11, 2, 9, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(0))),
        datetime(1, 1, 1, tzinfo=UTC),
    ],
    ids=str,
)
def test_a_moment_is_written_as_its_field_writes_it(moment: datetime) -> None:
    assert rendered(MomentsSerializer, moment) == MomentsSerializer(moment).data
