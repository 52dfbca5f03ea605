"""Addresses below /api/v1/ that the panel answers."""

from django.urls import path

from reviews import views

urlpatterns = [
    path("reviewers", views.ReviewerListView.as_view(), name="reviewer-list"),
    path("reviewers/<slug:slug>", views.ReviewerView.as_view(), name="reviewer"),
    path("reviews", views.ReviewListView.as_view(), name="review-list"),
    path("reviews/<uuid:id>/revisions", views.ReviewRevisionListView.as_view(), name="review-revision-list"),
    path("head-to-heads", views.HeadToHeadListView.as_view(), name="head-to-head-list"),
    path("tools/<slug:slug>/reviews", views.ToolReviewListView.as_view(), name="tool-review-list"),
]
