"""The states of what is published, and the steps between them: one table for forms, actions and imports.

The triggers in `sql/workflow.sql` of each app keep the same table against every other way in, and a test compares the two.
Scheduled is no state of its own: it is published with a date ahead.
"""

from backend.admin.workflow import Move

UNPUBLISHED = ("draft", "in_review")
_HAND_IN = Move("hand_in", "Hand in for review", ["draft"], "in_review", publishes=False)
_TAKE_BACK = Move("take_back", "Back to draft", ["in_review"], "draft", publishes=False, was_public=False)
_PUBLISH = Move("publish", "Publish", UNPUBLISHED, "published")

# Of tools and pairs.
ITEM_MOVES = (
    _HAND_IN,
    _TAKE_BACK,
    _PUBLISH,
    Move("schedule", "Schedule for the date", UNPUBLISHED, "published"),
    Move("unschedule", "Unschedule: back to draft", ["published"], "draft", was_public=False),
    Move("archive", "Archive", ["published"], "archived", was_public=True),
    Move("bring_back", "Publish again", ["archived"], "published"),
)
# Of reviews and head-to-heads. What was retracted is looked at again before it is published again.
OPINION_MOVES = (
    _HAND_IN,
    _TAKE_BACK,
    _PUBLISH,
    Move("unschedule", "Back to draft", ["published"], "draft", was_public=False),
    Move("retract", "Retract", ["published"], "retracted", was_public=True),
    Move("reopen", "Bring back to review", ["retracted"], "in_review"),
    Move("leave", "Leave it retracted", ["in_review"], "retracted", was_public=True),
)
