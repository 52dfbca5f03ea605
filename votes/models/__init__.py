"""The tables of voting, one module for each subject: import them from here."""

from votes.models.ballots import SET_ASIDE, Ballot, BallotQuerySet, CountStatus, Pick, Vote
from votes.models.moderation import Alert, ModerationAction, OfToolOrPair
from votes.models.tallies import (
    ABOVE_ALL_BOUNDS,
    BELOW_ALL_BOUNDS,
    Bounds,
    ClosedDay,
    Counts,
    PickCounts,
    PickTally,
    PickTallyDay,
    PublishedPickTally,
    PublishedTally,
    Tally,
    TallyDay,
)
from votes.models.voters import SpentChallenge, Voter

__all__ = [
    "ABOVE_ALL_BOUNDS",
    "BELOW_ALL_BOUNDS",
    "SET_ASIDE",
    "Alert",
    "Ballot",
    "BallotQuerySet",
    "Bounds",
    "ClosedDay",
    "CountStatus",
    "Counts",
    "ModerationAction",
    "OfToolOrPair",
    "Pick",
    "PickCounts",
    "PickTally",
    "PickTallyDay",
    "PublishedPickTally",
    "PublishedTally",
    "SpentChallenge",
    "Tally",
    "TallyDay",
    "Vote",
    "Voter",
]
