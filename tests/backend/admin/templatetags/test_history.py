"""How a change reads in the history."""

import pytest

from backend.admin.templatetags.history import named, shown, who
from backend.api.models import Change


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"actor": "anna", "source": "admin", "role": "verdicts"}, "anna (admin)"),
        ({"actor": "", "source": "import_catalog", "role": "verdicts"}, "verdicts (import_catalog)"),
        ({"actor": "", "source": "", "role": "postgres"}, "postgres (SQL)"),
    ],
)
def test_a_change_names_a_user_or_else_a_role(values: dict[str, str], words: str) -> None:
    assert who(Change(**values)) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "–"), ("", "–"), ([], "–"), (0, "0"), (False, "False"), ("ship", "ship"), (["a", "b"], "a, b")],
)
def test_a_value_reads_plainly(value: object, words: str) -> None:
    assert shown(value) == words


def test_a_change_names_what_has_a_label_and_reads_otherwise() -> None:
    change = Change(
        columns={
            "tagline": ["", "New"], "motto": [None, ""], "public_at": ["", "2026-11-02"],
            "aider if offline: note": ["", "Read."], "aider if offline: secret": ["", "x"],
        }
    )  # fmt: skip

    assert named(change, {"tagline": "Tagline", "motto": "Motto", ": note": ": note"}) == [
        ("Tagline", "–", "New"),
        ("aider if offline: note", "–", "Read."),
    ]
