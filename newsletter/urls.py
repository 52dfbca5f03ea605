"""Addresses of the mail: `api_urls` below /api/v1/ for frontends, `page_urls` for readers."""

from django.urls import path

from newsletter.content import archive_views, check_page, feed
from newsletter.readers import fresh_links_page, pages, sign_up_page, views
from newsletter.sending.upcoming import upcoming_for

api_urls = [
    path("newsletter/subscriptions", views.SubscriptionsView.as_view(), name="subscriptions"),
    path(
        "newsletter/subscriptions/confirm",
        views.ConfirmView.as_view(upcoming_for=upcoming_for),
        name="subscriptions-confirm",
    ),
    path("newsletter/preferences", views.PreferencesView.as_view(), name="preferences"),
    path("newsletter/preferences/access", views.AccessView.as_view(), name="preferences-access"),
    path("newsletter/preferences/address", views.MoveView.as_view(), name="preferences-address"),
    path("newsletter/preferences/export", views.ExportView.as_view(), name="preferences-export"),
    path("newsletter/links", views.FreshLinksView.as_view(), name="fresh-links"),
    path("newsletter/unsubscribe", views.UnsubscribeView.as_view(), name="unsubscribe"),
    path("newsletter/editions", archive_views.EditionListView.as_view(), name="edition-list"),
    path("newsletter/editions/<slug:slug>", archive_views.EditionView.as_view(), name="edition"),
]

page_urls = [
    path("newsletter", sign_up_page.SignUpPage.as_view(), name="newsletter-sign-up"),
    path(
        "newsletter/confirm", pages.ConfirmPage.as_view(upcoming_for=upcoming_for), name="newsletter-confirm"
    ),
    path("newsletter/preferences", pages.PreferencesPage.as_view(), name="newsletter-preferences"),
    path("newsletter/data", pages.DataPage.as_view(), name="newsletter-data"),
    path("newsletter/unsubscribe", pages.UnsubscribePage.as_view(), name="newsletter-unsubscribe"),
    path("newsletter/links", fresh_links_page.FreshLinksPage.as_view(), name="newsletter-fresh-links"),
    path("newsletter/feed", feed.EditionFeed(), name="newsletter-feed"),
    path("newsletter/check", check_page.CheckPage.as_view(), name="newsletter-check"),
    path("newsletter/editions", archive_views.ArchivePage.as_view(), name="newsletter-archive"),
    path(
        "newsletter/editions/<slug:slug>.txt",
        archive_views.EditionText.as_view(),
        name="newsletter-edition-text",
    ),
    path(
        "newsletter/editions/<slug:slug>", archive_views.EditionPage.as_view(), name="newsletter-edition-page"
    ),
]
