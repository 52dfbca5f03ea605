"""System checks of the files that settings name: run by `check`, `migrate`, and the commands that write the journal."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from backend.env_file import is_open_to_everybody
from backend.folders import journal_fault


@checks.register("files")
def secrets_are_closed_to_others(
    app_configs: Sequence[AppConfig] | None, **_: object
) -> list[checks.CheckMessage]:
    """Only the file that we read ourselves: those of `…_FILE` are as Docker and Kubernetes mount them."""
    path = settings.ENV_FILE
    if path is None or not is_open_to_everybody(path):
        return []
    warning = f"Every user of this machine may read {path}, which holds secrets."
    return [checks.Warning(warning, hint=f"chmod o-rwx {path}", id="verdicts.W001")]


@checks.register("files")
def the_journal_can_be_written(
    app_configs: Sequence[AppConfig] | None, **_: object
) -> list[checks.CheckMessage]:
    """Web processes and workers refuse to start on the same; a command goes on with `--skip-checks`."""
    fault = journal_fault(settings.SUPPRESSION_JOURNAL)
    return [checks.Error(fault, id="verdicts.E001")] if fault else []
