"""Which differences between two contracts break clients."""

import copy
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.openapi import PRODUCT
from contract.breaking import breaking_differences, latest_release, newest_section
from contract.document import committed

ROOT = Path(__file__).resolve().parent.parent
RELEASED = committed()

Contract = dict[str, Any]


def schema(contract: Contract, name: str) -> dict[str, Any]:
    found: dict[str, Any] = contract["components"]["schemas"][name]
    return found


def parameter(contract: Contract, path: str, name: str) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = contract["paths"][path]["get"]["parameters"]
    [found] = [each for each in parameters if each["name"] == name]
    return found


def an_operation_goes(contract: Contract) -> None:
    del contract["paths"]["/api/v1/rankings"]["get"]


def a_parameter_goes(contract: Contract) -> None:
    parameters = contract["paths"]["/api/v1/tools"]["get"]["parameters"]
    parameters.remove(parameter(contract, "/api/v1/tools", "q"))


def a_parameter_is_demanded(contract: Contract) -> None:
    parameter(contract, "/api/v1/tools", "q")["required"] = True


def a_choice_goes(contract: Contract) -> None:
    parameter(contract, "/api/v1/tools", "sort")["schema"]["enum"].remove("-votes")


def a_property_goes(contract: Contract) -> None:
    del schema(contract, "ToolSummary")["properties"]["tagline"]


def a_property_may_be_missing(contract: Contract) -> None:
    schema(contract, "VerdictSummary")["required"].remove("margin")


def a_property_may_be_null(contract: Contract) -> None:
    schema(contract, "Tool")["properties"]["name"]["type"] = ["string", "null"]


def a_number_becomes_a_text(contract: Contract) -> None:
    schema(contract, "PanelCount")["properties"]["ship"]["type"] = "string"


def a_body_demands_more(contract: Contract) -> None:
    schema(contract, "SubscribeRequest")["required"].append("frequency")


def a_body_takes_less(contract: Contract) -> None:
    del schema(contract, "SubscribeRequest")["properties"]["reviewers"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (an_operation_goes, "GET /api/v1/rankings is gone."),
        (a_parameter_goes, "GET /api/v1/tools: the parameter q is gone."),
        (a_parameter_is_demanded, "GET /api/v1/tools: the parameter q is required."),
        (a_choice_goes, "GET /api/v1/tools: the parameter sort takes '-votes' no longer."),
        (a_property_goes, "GET /api/v1/comparisons 200.results[].tools[].tagline is gone."),
        (a_property_may_be_missing, "GET /api/v1/comparisons 200.results[].verdict.margin may be missing."),
        (a_property_may_be_null, "GET /api/v1/tools/{slug} 200.name is null, string, and was string."),
        (a_number_becomes_a_text, "GET /api/v1/tools/{slug} 200.panel.ship is string, and was integer."),
        (a_body_demands_more, "POST /api/v1/newsletter/subscriptions request.frequency is required."),
        (a_body_takes_less, "POST /api/v1/newsletter/subscriptions request.reviewers is gone."),
    ],
    ids=lambda case: getattr(case, "__name__", None),
)
def test_what_breaks_clients_is_told(change: Callable[[Contract], None], sentence: str) -> None:
    present = copy.deepcopy(RELEASED)

    change(present)

    assert sentence in set(breaking_differences(RELEASED, present))


def test_what_only_adds_breaks_nobody() -> None:
    present = copy.deepcopy(RELEASED)
    present["paths"]["/api/v1/kettles"] = present["paths"]["/api/v1/tools"]
    schema(present, "Tool")["properties"]["litres"] = {"type": "integer"}
    schema(present, "Tool")["required"].append("litres")
    schema(present, "SubscribeRequest")["properties"]["note"] = {"type": "string"}
    parameter(present, "/api/v1/tools", "sort")["schema"]["enum"].append("litres")

    assert list(breaking_differences(RELEASED, present)) == []


def test_only_a_version_with_a_day_is_a_release() -> None:
    being_made = "# Changelog\n\n## [1.1.0] - unreleased\n\n### Added\n"

    assert latest_release(being_made) is None
    assert latest_release(f"{being_made}\n## [1.0.1] - 2027-02-01\n\n## [1.0.0] - 2027-01-15\n") == "1.0.1"


def test_the_newest_section_of_the_changelog_has_the_form_that_people_know() -> None:
    section = newest_section((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))

    kinds, audiences = (re.findall(rf"^{level} (.+)$", section, re.MULTILINE) for level in ("###", "####"))
    known = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
    assert kinds == [kind for kind in known if kind in kinds]
    assert set(audiences) == {"API", "Curators", "Operators"}
    others = [line for line in section.splitlines()[1:] if line and not re.match(r"#{3,4} |\* |  ", line)]
    assert others == []


def test_version_api_and_changelog_agree() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    named = re.findall(r"[0-9]+\.[0-9]+\.[0-9]+", newest_section(changelog).partition("\n")[0])

    assert named == [PRODUCT["VERSION"]] == [project["version"]]
