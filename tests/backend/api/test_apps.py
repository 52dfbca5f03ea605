"""The project's checks are Django's: every command runs them."""

from django.core.checks.registry import registry

from backend import checks


def test_the_projects_checks_are_registered() -> None:
    ours = {checks.secrets_are_closed_to_others, checks.the_journal_can_be_written}

    assert ours <= set(registry.get_checks())
