"""Addresses below /api/v1/ that need more than one app to answer."""

from django.urls import path

from comparisons import views

urlpatterns = [
    path("tools", views.ToolListView.as_view(), name="tool-list"),
    path("tools/<slug:slug>", views.ToolView.as_view(), name="tool"),
    path("comparisons", views.ComparisonListView.as_view(), name="comparison-list"),
    path("comparisons/<slug:slug>", views.ComparisonView.as_view(), name="comparison"),
    path("comparisons/<slug:slug>/pick", views.PickView.as_view(), name="pick"),
    path("comparisons/<slug:slug>/history", views.VerdictHistoryView.as_view(), name="verdict-history"),
    path("compare", views.LineupView.as_view(), name="compare"),
    path("rankings", views.RankingView.as_view(), name="ranking-list"),
]
