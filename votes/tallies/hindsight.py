"""What today's rules would have made of votes that count: they are screened again, one after the other as they came."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from votes.models import CountStatus, Pick, Vote
from votes.rules import BASELINE, BURST_WINDOW, Circumstances, hourly_limit, screen

_FACTS = ("created_at", "voter__assurance", "provider_hash", "site_hash", "network_hash")


@dataclass(frozen=True, slots=True)
class Hindsight:
    """Of the counted votes on one tool, or picks of one pair: how many there are, and how many would have waited.

    `reasons` counts each reason to wait; a vote may have both.
    """

    target: str
    counted: int
    waiting: int
    reasons: dict[str, int]

    def __str__(self) -> str:
        why = ", ".join(f"{reason} {count}" for reason, count in sorted(self.reasons.items()))
        return f"{self.target}: {self.waiting} of {self.counted} would have waited ({why})"


def screen_again(*, since: datetime) -> Iterator[Hindsight]:
    """Each tool and pair of which counted votes would have waited at first. Changes nothing.

    Reads each counted vote since then once, in the order of tools. What is usual in an hour is worked out anew from the
    votes before it; those before `since` are not known. A vote of which no network is known uses up no quota.
    """
    for model, names in ((Vote, ["tool__name"]), (Pick, ["first_tool__name", "second_tool__name"])):
        keys = [name.removesuffix("__name") for name in names]
        votes = (
            model.objects.standing()
            .filter(status=CountStatus.COUNTED, created_at__gte=since)
            .order_by(*(f"{key}_id" for key in keys), "created_at", "id")
            .values_list(*keys, *names, *_FACTS)
        )
        for target, of_target in groupby(votes.iterator(), key=itemgetter(*range(2 * len(keys)))):
            replay = _Replay()
            replay.run(vote[2 * len(keys) :] for vote in of_target)
            if replay.waiting:
                name = " / ".join(target[len(keys) :])
                yield Hindsight(name, replay.counted, replay.waiting, dict(replay.reasons))


@dataclass(slots=True)
class _Replay:
    """One target's votes as they come; the times are of those that would have counted."""

    counted: int = 0
    waiting: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    of_networks: Counter[tuple[int, bytes]] = field(default_factory=Counter)
    within_week: deque[datetime] = field(default_factory=deque)
    within_hour: deque[datetime] = field(default_factory=deque)

    def run(self, votes: Iterable[tuple[datetime, int, *tuple[memoryview | None, ...]]]) -> None:
        for at, assurance, *hashes in votes:
            self.counted += 1
            for times, length in ((self.within_week, BASELINE), (self.within_hour, BURST_WINDOW)):
                while times and times[0] <= at - length:
                    times.popleft()
            networks = [(level, bytes(each)) for level, each in enumerate(hashes) if each]
            result = screen(
                Circumstances(
                    assurance=assurance,
                    counted_from=tuple(
                        self.of_networks[level, bytes(each)] if each else 0
                        for level, each in enumerate(hashes)
                    ),
                    counted_within_hour=len(self.within_hour),
                    hourly_limit=hourly_limit(counted_in_baseline=len(self.within_week)),
                )
            )
            if result.reasons:
                self.waiting += 1
                self.reasons.update(result.reasons)
            else:
                self.of_networks.update(networks)
                self.within_week.append(at)
                self.within_hour.append(at)
