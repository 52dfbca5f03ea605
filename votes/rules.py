"""The ruleset "2026-11": which votes count at once and which wait, from as few signals as keep cheating small.

A vote waits (`pending`) when

* `origin_quota`: as many votes on this tool as one client network may have counted a day are counted already. A client
  network is an IPv4 address or an IPv6 /64. Its quota is 5 for voters who proved nothing or solved a proof of work, and
  50 for those who passed a challenge or more, so that a campus is not punished. Of the latter, those that waited for
  RELEASE_AFTER count too, up to 250 a network, tool and day.
* `burst`: as many votes on this tool as an hour may have counted are counted within the last hour. That is the mean of
  the last week's hours and six standard deviations of it, and at least HOURLY_FLOOR.

Picks of a pair follow the same rules. Nothing here rejects a vote: only staff do. The honest limit: an attacker with k
client networks who proves nothing gets at most 5 k votes a day on a tool counted, and no more an hour than the burst
rule lets pass.
"""

from dataclasses import dataclass
from datetime import timedelta
from math import floor, sqrt

RULESET = "2026-11"

# From this class of assurance on (a challenge passed), a voter is taken for a person.
STRONG_ASSURANCE = 2
WEAK_QUOTA = 5
STRONG_QUOTA = 50
RELEASED_QUOTA = 250
RELEASE_AFTER = timedelta(hours=12)

BURST_WINDOW = timedelta(hours=1)
BASELINE = timedelta(days=7)
HOURLY_FLOOR = 50
DEVIATIONS = 6

COUNTED = "counted"
PENDING = "pending"
# As votes store it, and as it is published.
NETWORK_QUOTA = "origin_quota"
BURST = "burst"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known when a vote comes in: counts are of votes on the same tool."""

    assurance: int
    counted_from_network: int
    counted_within_hour: int
    hourly_limit: int


@dataclass(frozen=True, slots=True)
class ScreeningResult:
    """The status that a new vote gets, and why it waits; no reasons where it counts."""

    status: str
    reasons: tuple[str, ...] = ()


def screen(circumstances: Circumstances) -> ScreeningResult:
    """Whether a new vote counts or waits; it waits for each rule that it breaks."""
    reasons = []
    if circumstances.counted_from_network >= network_quota(circumstances.assurance):
        reasons.append(NETWORK_QUOTA)
    if circumstances.counted_within_hour >= circumstances.hourly_limit:
        reasons.append(BURST)
    return ScreeningResult(PENDING, tuple(reasons)) if reasons else ScreeningResult(COUNTED)


def network_quota(assurance: int) -> int:
    """How many votes on one tool may count from one client network and day."""
    return STRONG_QUOTA if assurance >= STRONG_ASSURANCE else WEAK_QUOTA


def hourly_limit(*, counted_in_baseline: int) -> int:
    """How many votes may count within an hour, given how many were counted in the last BASELINE.

    Votes that come by themselves are nearly a Poisson process, whose variance is its mean.
    """
    mean = counted_in_baseline / (BASELINE / BURST_WINDOW)
    return max(HOURLY_FLOOR, floor(mean + DEVIATIONS * sqrt(mean)))
