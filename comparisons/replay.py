"""What a verdict was decided from, as data: from which it can be found again, here or in any other language.

    {
      "rule": "2026-12", "tools": ["a", "b"], "panel_of": null,
      "panels": [{"ship": 4, "skip": 0}, {"ship": 3, "skip": 1}],
      "reviewers": [{"reviewer": "builder", "reviews": ["ship", "skip"], "has_answered": true, "prefers": "a"}],
      "votes": [{"ship": 20, "skip": 2, "bounds": {"low": 0.6, "high": 0.99}, "as_of": "2026-11-02T09:30:00Z"}, …],
      "picks": {"first": 0, "second": 0, "bounds": null, "as_of": null}
    }

Lists are in the order of `tools`; `reviewers` are those who are asked, in the roster's order. `prefers` is null where a
reviewer has not answered the pair, and where it makes no difference to them. Bounds are those that were published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from backend.api.json_type import Json
from catalog.percent import ShipCount
from comparisons.evidence import Evidence, PairEvidence
from reviews.panel import PanelCount
from votes.tally import Interval, PickCount, TallyCount


@dataclass(frozen=True, slots=True)
class Replay:
    """A rule by its version, and what it was applied to."""

    rule: str
    pair: PairEvidence


def replay_as_json(pair: PairEvidence, *, rule: str) -> dict[str, Json]:
    """What the rule was applied to, as the module's text shows it."""
    return {
        "rule": rule,
        "tools": [tool.slug for tool in pair.tools],
        "panel_of": None if pair.panel_of is None else sorted(pair.panel_of),
        "panels": [_ships(tool.panel) for tool in pair.tools],
        "reviewers": [
            {
                "reviewer": reviewer,
                "reviews": [tool.reviews.get(reviewer) for tool in pair.tools],
                "has_answered": reviewer in pair.preferences,
                "prefers": pair.preferences.get(reviewer),
            }
            for reviewer in pair.roster
        ],
        "votes": [
            {
                **_ships(tool.community),
                "bounds": _bounds(tool.community.bounds),
                "as_of": _time(tool.votes_as_of),
            }
            for tool in pair.tools
        ],
        "picks": {
            "first": pair.picks.first,
            "second": pair.picks.second,
            "bounds": _bounds(pair.picks.bounds),
            "as_of": _time(pair.picks_as_of),
        },
    }


def _ships(count: ShipCount) -> dict[str, int]:
    return {"ship": count.ship, "skip": count.skip}


def _bounds(bounds: Interval | None) -> dict[str, float] | None:
    return None if bounds is None else {"low": bounds.low, "high": bounds.high}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def replay_from_json(data: Mapping[str, Json]) -> Replay:
    """The reverse. Names, prices and times are no part of it. Raises KeyError, TypeError or ValueError for other data."""
    slugs = data["tools"]
    said = data["reviewers"]
    first, second = (
        Evidence(
            slug=slugs[side],
            name=slugs[side],
            panel=PanelCount(**data["panels"][side]),
            community=TallyCount(
                data["votes"][side]["ship"],
                data["votes"][side]["skip"],
                _interval(data["votes"][side]["bounds"]),
            ),
            entry="free",
            reviews={each["reviewer"]: each["reviews"][side] for each in said if each["reviews"][side]},
        )
        for side in range(2)
    )
    picks = data["picks"]
    pair = PairEvidence.of_reviews(
        first,
        second,
        roster=[each["reviewer"] for each in said],
        preferences={each["reviewer"]: each["prefers"] for each in said if each["has_answered"]},
        picks=PickCount(picks["first"], picks["second"], _interval(picks["bounds"])),
        panel_of=None if data["panel_of"] is None else {slug: slug for slug in data["panel_of"]},
    )
    return Replay(rule=data["rule"], pair=pair)


def _interval(bounds: Mapping[str, float] | None) -> Interval | None:
    return None if bounds is None else Interval(bounds["low"], bounds["high"])
