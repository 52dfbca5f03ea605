"""Issuing voter tokens: for a solved challenge, and no more to one client network than its people need.

Two limits stand before a token. Both are counted for the day's hash of a network, so that no address is stored. The
salt of the hash changes at midnight UTC, which gives a network at most its quota anew.

* Attempts, by client network, before anything else is done: they bound what one network can have us verify and store.
  A reader who shares an address with an attacker waits for the rest of a minute, not of a day.
* Tokens, by client network and by the wider network around it, after the solution is verified and in the transaction
  that spends it. Garbage and replays therefore cost a campus nothing; each token that an attacker takes away from it
  costs a solved challenge, where one is asked for. A request that is refused leaves no count and no spent solution: a
  client network that has used up its quota cannot go on to use up that of the wider network, and its solution is good
  for another try.
"""

from datetime import datetime

from django.db import transaction

from backend.api.clients import Address
from backend.api.rate_limits import Limit, RateLimitState
from backend.api.throttling import throttle_client
from votes.rules import STRONG_ASSURANCE
from votes.voters import challenges
from votes.voters.challenges import Solution
from votes.voters.tokens import VoterToken, issue_token

ATTEMPTS = (Limit("voter-attempts-60s", 120, 60),)
# By whether the voter is taken for a person.
CLIENT_LIMITS = {
    False: (Limit("voters-60s", 5, 60), Limit("voters-86400s", 30, 86_400)),
    True: (Limit("voters-60s", 60, 60), Limit("voters-86400s", 500, 86_400)),
}
WIDER_LIMITS = {
    False: (Limit("voters-of-network-86400s", 200, 86_400),),
    True: (Limit("voters-of-network-86400s", 2_000, 86_400),),
}


def count_attempt(*, address: Address | None, now: datetime) -> RateLimitState:
    """What the client's network has left of its attempts, this one counted; raises Throttled."""
    return throttle_client(address, limits=ATTEMPTS, now=now)


def give_token(
    *, solution: Solution, address: Address | None, now: datetime
) -> tuple[VoterToken, RateLimitState]:
    """A new voter's token, and what its networks have left; raises the refusals of challenges, or Throttled."""
    proof = challenges.verify(solution, address=address, now=now)
    is_strong = proof.assurance >= STRONG_ASSURANCE
    with transaction.atomic():
        challenges.spend(proof)
        limits, wider_limits = CLIENT_LIMITS[is_strong], WIDER_LIMITS[is_strong]
        left = throttle_client(address, limits=limits, wider_limits=wider_limits, now=now)
        return issue_token(assurance=proof.assurance, now=now), left
