"""Addresses below /api/v1/ that the crowd's tallies and voters answer."""

from django.urls import path

from votes.ballots.views import VoteView
from votes.tallies.views import ClosedDayListView, ClosedDayView, ToolTallyView, ToolTimelineView
from votes.voters.views import ChallengesView, OwnPicksView, OwnVotesView, VotersView, VoterView

urlpatterns = [
    path("tools/<slug:slug>/tally", ToolTallyView.as_view(), name="tool-tally"),
    path("tools/<slug:slug>/tally/timeline", ToolTimelineView.as_view(), name="tool-timeline"),
    path("tallies/days", ClosedDayListView.as_view(), name="closed-days"),
    path("tallies/days/<slug:day_on>", ClosedDayView.as_view(), name="closed-day"),
    path("tools/<slug:slug>/vote", VoteView.as_view(), name="vote"),
    path("voters/challenges", ChallengesView.as_view(), name="voter-challenges"),
    path("voters", VotersView.as_view(), name="voters"),
    path("voters/me", VoterView.as_view(), name="voter"),
    path("voters/me/votes", OwnVotesView.as_view(), name="own-votes"),
    path("voters/me/picks", OwnPicksView.as_view(), name="own-picks"),
]
