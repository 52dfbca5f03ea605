"""Bodies and answers of voters, field by field."""

from uuid import UUID

import pytest
from rest_framework.exceptions import ValidationError

from catalog.models import Tool
from votes.models import Pick
from votes.voters.serializers import CreateVoterSerializer, OwnPickSerializer


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"challenge": "v1.!~.x", "nonce": "1" * 20}, id="work"),
        pytest.param({"turnstile_token": "x" * 2_048}, id="the longest token"),
    ],
)
def test_a_solution_is_read_as_it_came(body: dict[str, str]) -> None:
    assert CreateVoterSerializer.validate_json(body) == body


@pytest.mark.parametrize("text", [1, None, True, " a", "a ", "a\n", "ä", ""])
def test_anything_but_visible_ascii_is_refused(text: object) -> None:
    with pytest.raises(ValidationError):
        CreateVoterSerializer.validate_json({"challenge": text})


def test_a_pick_shows_its_pair_in_the_order_of_slugs() -> None:
    first, second = (
        Tool(pk=UUID(int=1), slug="zed", name="Zed", status="archived"),
        Tool(pk=UUID(int=2), slug="ant", name="Ant"),
    )
    pick = Pick(first_tool=first, second_tool=second, chosen_tool=first, revision=1)

    answer = OwnPickSerializer(pick).data

    assert [tool["slug"] for tool in answer["tools"]] == ["ant", "zed"]
    assert answer["tool"] == {"slug": "zed", "name": "Zed", "status": "archived"}
