"""Addresses below /api/v1/ that the crowd's tallies answer."""

from django.urls import path

from votes import views

urlpatterns = [
    path("tools/<slug:slug>/tally", views.ToolTallyView.as_view(), name="tool-tally"),
]
