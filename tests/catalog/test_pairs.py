"""The two orders of a pair: whichever tool is named first, the pair is the same."""

import uuid

from catalog.models import Tool
from catalog.pairs import by_id, by_slug, folded_name

LOW, HIGH = uuid.UUID(int=1), uuid.UUID(int=2)


def test_a_pair_is_stored_in_the_order_of_ids() -> None:
    one, other = Tool(pk=HIGH, slug="alpha"), Tool(pk=LOW, slug="beta")

    assert by_id(one, other) == by_id(other, one) == (other, one)


def test_readers_see_a_pair_in_the_order_of_slugs() -> None:
    one, other = Tool(pk=HIGH, slug="alpha"), Tool(pk=LOW, slug="beta")

    assert by_slug(one, other) == by_slug(other, one) == (one, other)


def test_names_that_a_reader_takes_for_the_same_are_equal() -> None:
    assert folded_name("Ａlpha\u00a0 one") == folded_name("alpha ONE") != folded_name("alpha two")
