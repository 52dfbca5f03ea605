"""Addresses below /api/v1/ that need more than one app to answer."""

from django.urls import path

from comparisons.history.views import VerdictHistoryView
from comparisons.pairs.pick_views import PickTimelineView, PickView
from comparisons.pairs.views import ComparisonListView, LineupView
from comparisons.previews.views import PreviewableComparisonView, PreviewableReviewView, PreviewableToolView
from comparisons.rankings.views import RankingView
from comparisons.tools.views import ToolListView

urlpatterns = [
    path("tools", ToolListView.as_view(), name="tool-list"),
    path("tools/<slug:slug>", PreviewableToolView.as_view(), name="tool"),
    path("comparisons", ComparisonListView.as_view(), name="comparison-list"),
    path("reviews/<uuid:id>", PreviewableReviewView.as_view(), name="review"),
    path("comparisons/<slug:slug>", PreviewableComparisonView.as_view(), name="comparison"),
    path("comparisons/<slug:slug>/pick", PickView.as_view(), name="pick"),
    path("comparisons/<slug:slug>/pick/timeline", PickTimelineView.as_view(), name="pick-timeline"),
    path("comparisons/<slug:slug>/history", VerdictHistoryView.as_view(), name="verdict-history"),
    path("compare", LineupView.as_view(), name="compare"),
    path("rankings", RankingView.as_view(), name="ranking-list"),
]
