"""Many tools or pairs are archived and unscheduled at once."""

import pytest

from tests.bulk import KINDS, check_there_and_back, select

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", [name for name in KINDS if name.startswith(("catalog.", "comparisons."))])
def test_a_step_is_done_to_what_it_is_for_and_taken_back(name: str) -> None:
    check_there_and_back(name)


def test_a_step_takes_the_permission_to_publish() -> None:
    assert select("catalog.tool.archive", []).step.permission == "catalog.publish_tool"
    assert select("comparisons.comparison.unschedule", []).step.permission == "comparisons.publish_comparison"
