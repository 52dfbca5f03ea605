"""The ruleset "2026-11": which votes count at once and which wait, from as few signals as keep cheating small.

A vote waits (`pending`) when

* `origin_quota`: as many votes on this tool as one place may have counted a day are counted already. A place is an
  address's prefix, IPv4 /32 or IPv6 /64. It is 5 for voters who proved nothing or solved a proof of work, and 50 for
  those who passed a challenge or more, so that a campus is not punished. Of the latter, those that waited for
  RELEASE_AFTER count too, up to 250 a place, tool and day.
* `burst`: as many votes on this tool as an hour may have counted are counted within the last hour. That is the mean of
  the last week's hours and six standard deviations of it, and at least HOURLY_FLOOR.

Picks of a pair follow the same rules. Nothing here rejects a vote: only staff do. The honest limit: whoever has k places
and proves nothing gets at most 5 k votes a day on a tool counted, and no more an hour than the burst rule lets pass.
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
ORIGIN_QUOTA = "origin_quota"
BURST = "burst"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known when a vote comes in: counts are of votes on the same tool."""

    assurance: int
    counted_from_origin: int
    counted_within_hour: int
    hourly_limit: int


@dataclass(frozen=True, slots=True)
class Judgement:
    status: str
    reasons: tuple[str, ...] = ()


def judge(circumstances: Circumstances) -> Judgement:
    reasons = []
    if circumstances.counted_from_origin >= origin_quota(circumstances.assurance):
        reasons.append(ORIGIN_QUOTA)
    if circumstances.counted_within_hour >= circumstances.hourly_limit:
        reasons.append(BURST)
    return Judgement(PENDING, tuple(reasons)) if reasons else Judgement(COUNTED)


def origin_quota(assurance: int) -> int:
    return STRONG_QUOTA if assurance >= STRONG_ASSURANCE else WEAK_QUOTA


def hourly_limit(*, counted_in_baseline: int) -> int:
    """How many votes may count within an hour, given how many were counted in the last BASELINE.

    Votes that come by themselves are nearly a Poisson process, whose variance is its mean.
    """
    mean = counted_in_baseline / (BASELINE / BURST_WINDOW)
    return max(HOURLY_FLOOR, floor(mean + DEVIATIONS * sqrt(mean)))
