"""What pages and the admin get of middleware, and what the API is spared."""

import pytest
from django.test import Client

from backend.site import API_POLICY


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/tools", "/api/v1/nothing"])
def test_an_answer_of_the_api_may_load_nothing_and_be_shown_nowhere(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.headers["Content-Security-Policy"] == API_POLICY
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/admin/login/", "/api/docs"])
def test_a_page_has_the_policies_of_the_settings(client: Client, path: str) -> None:
    response = client.get(path)

    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_whoever_is_signed_in_to_the_admin_is_nobody_to_the_api(admin_client: Client) -> None:
    page, answer = admin_client.get("/admin/"), admin_client.get("/api/v1/tools")

    assert page.status_code == 200
    assert getattr(answer.wsgi_request, "user", None) is None
    assert "Cookie" not in answer.headers.get("Vary", "")
