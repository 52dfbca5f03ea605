"""Addresses below /api/v1/ that the catalog answers."""

from django.urls import path

from catalog import views

urlpatterns = [
    path("categories", views.CategoryListView.as_view(), name="category-list"),
    path("categories/<slug:slug>", views.CategoryView.as_view(), name="category"),
    path("conditions", views.ConditionListView.as_view(), name="condition-list"),
]
