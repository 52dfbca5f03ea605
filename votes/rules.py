"""The ruleset "2026-12": which votes count at once, which wait, and whose crowd may decide.

A vote waits (`pending`) when

* `origin_quota`: as many votes on this tool as one client network may have counted a day are counted already. Those that
  counted until staff set them aside go on using their part, here and below. Networks
  are nested: an IPv4 address, its /24 and its /16; an IPv6 /64, its /48 and its /32. Quotas are WEAK_QUOTAS for voters
  who proved nothing or solved a proof of work, and STRONG_QUOTAS for those who passed a challenge or more, so that a
  campus is not punished. Of the latter, those that waited for RELEASE_AFTER count too, up to RELEASED_QUOTAS.
* `burst`: as many votes on this tool as an hour may have counted are counted within the last hour. That is the mean of
  the last week's hours and six standard deviations of it, and at least HOURLY_FLOOR, or STRONG_HOURLY_FLOOR for those
  who passed a challenge. A vote that waited for BURST_RELEASE_AFTER counts once counted votes from MIN_NETWORKS
  networks (sites) have come in later hours, as long as no more than STRONG_HOURLY_FLOOR of that hour count.

A crowd may decide a verdict when at least MIN_NETWORKS networks (IPv4 /24, IPv6 /48), as many providers (IPv4 /16,
IPv6 /32, told apart within a day) and MIN_DAYS days, each 24 hours after the one before, have counted votes in it. Below
that its numbers are shown and decide nothing.

Picks of a pair follow the same rules. Nothing here rejects a vote: only staff do.
"""

from dataclasses import dataclass
from datetime import timedelta
from math import floor, sqrt

RULESET = "2026-12"

# From this class of assurance on (a challenge passed), a voter is taken for a person.
STRONG_ASSURANCE = 2
# Of a provider, of a site within it, of a network within that.
WEAK_QUOTAS = (20, 5, 5)
STRONG_QUOTAS = (500, 100, 50)
RELEASED_QUOTAS = (2_500, 500, 250)
RELEASE_AFTER = timedelta(hours=12)

BURST_WINDOW = timedelta(hours=1)
BASELINE = timedelta(days=7)
# Less than the votes that may decide: twenty in a minute are remarkable where there were none.
HOURLY_FLOOR = 10
STRONG_HOURLY_FLOOR = 50
DEVIATIONS = 6
BURST_RELEASE_AFTER = timedelta(hours=24)

MIN_NETWORKS = 15
MIN_DAYS = 3

COUNTED = "counted"
PENDING = "pending"
# As votes store it, and as it is published.
NETWORK_QUOTA = "origin_quota"
BURST = "burst"
# What waited for one of these never counted.
HELD_FOR = (NETWORK_QUOTA, BURST)

_NEVER_WAITED = "NOT {ballot}.reasons && ARRAY['" + "', '".join(HELD_FOR) + "']::varchar(40)[]"
# In SQL, of an alias `ballot`: what counted until staff set it aside, withdrawn or not. What waited keeps its reason,
# and never used a quota. Indexes have the first condition.
SET_ASIDE = "{ballot}.status IN ('quarantined', 'rejected') AND " + _NEVER_WAITED
# What has used a part of its quotas. Moderation gives none of it back: else staff who reject an attack invite the next one.
USES_QUOTA = (
    "{ballot}.status IN ('counted', 'quarantined', 'rejected')"
    " AND CASE {ballot}.status WHEN 'counted' THEN {ballot}.{answer} IS NOT NULL"
    f" ELSE {_NEVER_WAITED} END"
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known when a vote comes in: counts are of votes on the same tool, with those that staff set aside since.

    `counted_from` are those of the day from the voter's provider, site and network, in the order of the quotas.
    """

    assurance: int
    counted_from: tuple[int, ...]
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
    quotas = network_quotas(circumstances.assurance)
    if any(counted >= quota for counted, quota in zip(circumstances.counted_from, quotas, strict=True)):
        reasons.append(NETWORK_QUOTA)
    if circumstances.counted_within_hour >= hourly_quota(circumstances.assurance, circumstances.hourly_limit):
        reasons.append(BURST)
    return ScreeningResult(PENDING, tuple(reasons)) if reasons else ScreeningResult(COUNTED)


def network_quotas(assurance: int) -> tuple[int, ...]:
    """How many votes on one tool may count in a day from a provider, from a site and from a network."""
    return STRONG_QUOTAS if assurance >= STRONG_ASSURANCE else WEAK_QUOTAS


def hourly_quota(assurance: int, hourly_limit: int) -> int:
    """How many votes may count within an hour before one of this assurance waits, given what is usual on the tool."""
    return max(hourly_limit, STRONG_HOURLY_FLOOR) if assurance >= STRONG_ASSURANCE else hourly_limit


def hourly_limit(*, counted_in_baseline: int) -> int:
    """How many votes may count within an hour, given how many were counted in the last BASELINE.

    Votes that come by themselves are nearly a Poisson process, whose variance is its mean.
    """
    mean = counted_in_baseline / (BASELINE / BURST_WINDOW)
    return max(HOURLY_FLOOR, floor(mean + DEVIATIONS * sqrt(mean)))
