"""How anybody checks the votes, as a page."""

from django.test import Client


def test_the_docs_are_a_page() -> None:
    answer = Client().get("/newsletter/check")

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<h1>Checking that no vote count was altered</h1>" in text
    assert "<table>" in text
    assert "previous_root" in text
    assert answer["Cache-Control"] == "public, max-age=60"
    assert not answer.cookies
