"""How votes and picks go from one tool to another and back: in few statements, however many they are.

A merge holds the tallies of both tools first, as casting does, so a vote is either there before it or comes after it;
what comes after meets the trigger of `comparisons/sql/merges.sql`.
"""

from uuid import UUID

from django.db import connection

HOLD_TALLIES = (
    "SELECT FROM votes_tally WHERE tool_id IN (%(left)s, %(right)s) ORDER BY tool_id FOR NO KEY UPDATE"
)

# Those that picks go to are made, so that all are held in one order.
MAKE_PICK_TALLIES = """
INSERT INTO votes_picktally (first_tool_id, second_tool_id)
SELECT DISTINCT LEAST(%(joins)s, other), GREATEST(%(joins)s, other) FROM (
    SELECT CASE first_tool_id WHEN %(leaves)s THEN second_tool_id ELSE first_tool_id END AS other
    FROM votes_picktally WHERE %(leaves)s IN (first_tool_id, second_tool_id)
) pair WHERE other <> %(joins)s ORDER BY 1, 2
ON CONFLICT DO NOTHING
"""

HOLD_PICK_TALLIES = """
SELECT FROM votes_picktally
WHERE first_tool_id IN (%(leaves)s, %(joins)s) OR second_tool_id IN (%(leaves)s, %(joins)s)
ORDER BY first_tool_id, second_tool_id FOR NO KEY UPDATE
"""

# A pair without picks has no tally to hold. Picks that are being written are waited for, new ones wait.
HOLD_PICKS = "LOCK TABLE votes_pick IN SHARE ROW EXCLUSIVE MODE"

# Said for the transaction alone: ballots stay with their tools otherwise.
ALLOW = "SELECT set_config('votes.merge', %s, true)"
FORBID = "SELECT set_config('votes.merge', '', true)"

NAME_VOTES = """
INSERT INTO comparisons_mergedrow (merge_id, kind, row_id, revision)
SELECT %(merge)s, 'vote', vote.id, vote.revision FROM votes_vote vote
WHERE vote.tool_id = %(leaves)s AND NOT EXISTS (
    SELECT FROM votes_vote own WHERE own.voter_id = vote.voter_id AND own.tool_id = %(joins)s
)
"""

NAME_PICKS = """
INSERT INTO comparisons_mergedrow (merge_id, kind, row_id, revision)
SELECT %(merge)s, 'pick', pick.id, pick.revision
FROM votes_pick pick CROSS JOIN LATERAL (
    SELECT CASE pick.first_tool_id WHEN %(leaves)s THEN pick.second_tool_id ELSE pick.first_tool_id END AS id
) other
WHERE %(leaves)s IN (pick.first_tool_id, pick.second_tool_id) AND other.id <> %(joins)s AND NOT EXISTS (
    SELECT FROM votes_pick own
    WHERE own.voter_id = pick.voter_id AND own.first_tool_id = LEAST(%(joins)s, other.id)
      AND own.second_tool_id = GREATEST(%(joins)s, other.id)
)
"""

# What was ruled of a voter on the tool that leaves is ruled on the one that they answered too. It goes before the rows that
# move, and is not taken back with the merge.
REJECT_VOTES = """
UPDATE votes_vote own SET status = 'rejected', reasons = left_one.reasons, ruleset = left_one.ruleset
FROM votes_vote left_one
WHERE left_one.tool_id = %(leaves)s AND left_one.status = 'rejected'
  AND own.voter_id = left_one.voter_id AND own.tool_id = %(joins)s AND own.status <> 'rejected'
"""

REJECT_PICKS = """
UPDATE votes_pick own SET status = 'rejected', reasons = left_one.reasons, ruleset = left_one.ruleset
FROM votes_pick left_one CROSS JOIN LATERAL (
    SELECT CASE left_one.first_tool_id WHEN %(leaves)s THEN left_one.second_tool_id ELSE left_one.first_tool_id END AS id
) other
WHERE %(leaves)s IN (left_one.first_tool_id, left_one.second_tool_id) AND left_one.status = 'rejected'
  AND other.id <> %(joins)s AND own.voter_id = left_one.voter_id AND own.status <> 'rejected'
  AND own.first_tool_id = LEAST(%(joins)s, other.id) AND own.second_tool_id = GREATEST(%(joins)s, other.id)
"""

# Where the voter has changed it since it was named, it stays.
MOVE_VOTES = """
UPDATE votes_vote vote SET tool_id = %(joins)s FROM comparisons_mergedrow named
WHERE named.merge_id = %(merge)s AND named.kind = 'vote' AND named.row_id = vote.id
  AND named.revision = vote.revision AND vote.tool_id = %(leaves)s
"""

MOVE_PICKS = """
UPDATE votes_pick pick SET
    first_tool_id = LEAST(%(joins)s, other.id), second_tool_id = GREATEST(%(joins)s, other.id),
    chosen_tool_id = CASE pick.chosen_tool_id WHEN %(leaves)s THEN %(joins)s ELSE pick.chosen_tool_id END
FROM comparisons_mergedrow named JOIN votes_pick stored ON stored.id = named.row_id CROSS JOIN LATERAL (
    SELECT CASE stored.first_tool_id WHEN %(leaves)s THEN stored.second_tool_id ELSE stored.first_tool_id END AS id
) other
WHERE named.merge_id = %(merge)s AND named.kind = 'pick' AND stored.id = pick.id
  AND named.revision = pick.revision AND %(leaves)s IN (pick.first_tool_id, pick.second_tool_id)
"""


def hold_ballots(*, leaves: UUID, joins: UUID) -> None:
    """Lets nobody vote on either tool, or pick, until the transaction ends."""
    tools = {"leaves": leaves, "joins": joins}
    with connection.cursor() as cursor:
        cursor.execute(HOLD_TALLIES, {"left": leaves, "right": joins})
        cursor.execute(MAKE_PICK_TALLIES, tools)
        cursor.execute(HOLD_PICK_TALLIES, tools)
        cursor.execute(HOLD_PICKS)


def name_ballots(*, merge: UUID, leaves: UUID, joins: UUID) -> None:
    """Writes down which votes and picks go along: those whose voter said nothing of the other tool, or pair."""
    with connection.cursor() as cursor:
        for statement in (NAME_VOTES, NAME_PICKS):
            cursor.execute(statement, {"merge": merge, "leaves": leaves, "joins": joins})


def reject_ballots(*, leaves: UUID, joins: UUID) -> None:
    """Rejects what a voter said of the tool that is joined, or of a pair of it, where staff rejected their answer to the
    other: no matter which of the two was withdrawn, or came first."""
    with connection.cursor() as cursor:
        for statement in (REJECT_VOTES, REJECT_PICKS):
            cursor.execute(statement, {"leaves": leaves, "joins": joins})


def move_ballots(*, merge: UUID, leaves: UUID, joins: UUID) -> tuple[int, int]:
    """Moves what was written down, and says how many votes and picks went."""
    given = {"merge": merge, "leaves": leaves, "joins": joins}
    with connection.cursor() as cursor:
        cursor.execute(ALLOW, [str(merge)])
        cursor.execute(MOVE_VOTES, given)
        votes = cursor.rowcount
        cursor.execute(MOVE_PICKS, given)
        picks = cursor.rowcount
        cursor.execute(FORBID)
    return votes, picks
