"""Every address of the project; paths of the API have no slash at their end."""

from allauth.account import views as account_views
from django.conf import settings
from django.contrib import admin
from django.http import Http404
from django.urls import include, path, re_path
from django.views.defaults import page_not_found
from django.views.generic import RedirectView, TemplateView

from backend import caught_mail, health, metrics
from backend.admin.search import complete, search
from backend.admin.signing_in import throttled_password_change, to_front_door
from backend.api.docs import DocsPage, OpenApiView, ProblemView
from catalog.views import LogoFileView
from newsletter.feedback.hooks import hook_urls
from newsletter.urls import api_urls as newsletter_api
from newsletter.urls import page_urls as newsletter_pages

handler400 = "backend.api.problems.bad_request"
handler403 = "backend.api.problems.permission_denied"
handler404 = "backend.api.problems.not_found"
handler500 = "backend.api.problems.internal_error"

api = [
    path("", include("catalog.urls")),
    path("", include("reviews.urls")),
    path("", include("votes.urls")),
    path("", include("comparisons.urls")),
    path("", include(newsletter_api)),
]

# Of django-allauth only what staff need: nobody signs up, and no address is confirmed.
account_urls = [
    path("login/", account_views.login, name="account_login"),
    path("logout/", account_views.logout, name="account_logout"),
    path("inactive/", account_views.account_inactive, name="account_inactive"),
    path("reauthenticate/", account_views.reauthenticate, name="account_reauthenticate"),
    path("second-factor/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
# Django's own view asks for no second factor and counts nothing: nobody reaches it.
admin.site.login = to_front_door  # type: ignore[method-assign, assignment]
admin.site.autocomplete_view = complete  # type: ignore[method-assign]
admin.site.password_change = throttled_password_change(admin.site.password_change)  # type: ignore[method-assign, assignment]

urlpatterns = [
    path("", TemplateView.as_view(template_name="newsletter/home.html"), name="home"),
    path("api/v1/", include(api)),
    path("api/docs", DocsPage.as_view(url_name="openapi"), name="docs"),
    path("api/openapi.yaml", OpenApiView.as_view(), {"kind": "yaml"}, name="openapi"),
    path("api/openapi.json", OpenApiView.as_view(), {"kind": "json"}),
    path("api/problems/<slug:slug>", ProblemView.as_view(), name="problem"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("statusz", health.statusz, name="statusz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("", include(newsletter_pages)),
    *hook_urls(),
    path("admin", RedirectView.as_view(pattern_name="admin:index", permanent=True)),
    # Django's way to the page of a row. No model of ours names one, and it fails on ids that are none.
    re_path(r"^admin/r/", page_not_found, {"exception": Http404()}),
    path("admin/account/", include(account_urls)),
    path("admin/search/", admin.site.admin_view(search), name="admin_search"),
    path("admin/", admin.site.urls),
    # Only what a worker drew.
    re_path(
        r"^media/(?P<path>logos/[0-9a-f]{32}-[0-9]+\.(?:png|webp))$", LogoFileView.as_view(), name="media"
    ),
]

if settings.DEBUG_MAIL_DIR:
    urlpatterns += caught_mail.urlpatterns
