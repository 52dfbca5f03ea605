"""Addresses below /api/v1/ that the crowd's tallies and voters answer."""

from django.urls import path

from votes.ballots import views
from votes.voters import views as voter_views

urlpatterns = [
    path("tools/<slug:slug>/tally", views.ToolTallyView.as_view(), name="tool-tally"),
    path("tools/<slug:slug>/tally/timeline", views.ToolTimelineView.as_view(), name="tool-timeline"),
    path("tools/<slug:slug>/vote", views.VoteView.as_view(), name="vote"),
    path("voters/challenges", voter_views.ChallengesView.as_view(), name="voter-challenges"),
    path("voters", voter_views.VotersView.as_view(), name="voters"),
    path("voters/me", views.VoterView.as_view(), name="voter"),
    path("voters/me/votes", views.OwnVotesView.as_view(), name="own-votes"),
    path("voters/me/picks", views.OwnPicksView.as_view(), name="own-picks"),
]
