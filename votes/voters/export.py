"""All that is kept of a voter, for the voter to take along; of tools that may not be read, nothing is shown."""

from dataclasses import dataclass
from datetime import datetime

from catalog.models import Tool
from votes.models import BallotQuerySet, Pick, Vote
from votes.voters.erasure import find_voter
from votes.voters.tokens import VoterToken


@dataclass(frozen=True, slots=True)
class VoterExport:
    """Votes and picks in the order in which they were cast, those that were withdrawn among them; `created_at` is None
    before the first."""

    assurance: int
    created_at: datetime | None
    votes: BallotQuerySet
    picks: BallotQuerySet


def export_voter(*, token: VoterToken) -> VoterExport:
    """Raises ErasedVoter. One query, and two more that run when votes and picks are read."""
    voter = find_voter(token)
    if voter is None:
        return VoterExport(token.assurance, None, Vote.objects.none(), Pick.objects.none())
    return VoterExport(
        assurance=token.assurance,
        created_at=voter.created_at,
        votes=shown_votes().filter(voter=voter).order_by("created_at", "id"),
        picks=shown_picks().filter(voter=voter).order_by("created_at", "id"),
    )


def shown_votes() -> BallotQuerySet:
    """Votes on tools that may be read, withdrawn ones too: a draft may have a new name, which is nobody's yet."""
    return Vote.objects.select_related("tool").filter(tool__in=Tool.objects.visible())


def shown_picks() -> BallotQuerySet:
    """Picks of pairs whose tools may both be read, withdrawn or not."""
    visible = Tool.objects.visible()
    return Pick.objects.select_related("first_tool", "second_tool", "chosen_tool").filter(
        first_tool__in=visible, second_tool__in=visible
    )
