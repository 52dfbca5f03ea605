"""Addresses below /api/v1/ that the crowd's tallies answer."""

from django.urls import path

from votes import views, voter_views

urlpatterns = [
    path("tools/<slug:slug>/tally", views.ToolTallyView.as_view(), name="tool-tally"),
    path("voters", voter_views.VotersView.as_view(), name="voters"),
    path("voters/challenges", voter_views.ChallengesView.as_view(), name="voter-challenges"),
]
