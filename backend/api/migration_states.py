"""Renders fewer models while it migrates, which is what migrating spends its time on (decision 163)."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import RunPython
from django.db.migrations.state import ProjectState
from django.db.migrations.utils import resolve_relation


@contextmanager
def few_models_rendered() -> Iterator[None]:
    """
    A model that is new, that no other refers to, or that has changed in what no foreign key refers to, is rendered
    without its neighbours.

    Django renders it anew with all that refer to it and all that it refers to, which here is most models at each step.
    Statements for the schema read the one model, and names and types of the keys that it refers to. Code that reads and
    writes rows gets all models rendered anew.
    """
    collects = gc.isenabled()
    with ExitStack() as afterwards:
        afterwards.callback(setattr, ProjectState, "_find_reload_model", FOUND_BY_DJANGO)
        afterwards.callback(setattr, RunPython, "database_backwards", TAKEN_BACK_BY_DJANGO)
        afterwards.callback(gc.enable if collects else gc.disable)
        ProjectState._find_reload_model = find  # type: ignore[attr-defined]
        RunPython.database_backwards = take_back  # type: ignore[assignment, method-assign]
        # Thousands of classes are made: looking for those that are garbage takes a fifth of the time.
        gc.disable()
        yield


Find = Callable[[ProjectState, str, str, bool], set[tuple[str, str]]]
FOUND_BY_DJANGO: Find = ProjectState._find_reload_model  # type: ignore[attr-defined]
TAKEN_BACK_BY_DJANGO = RunPython.database_backwards


def find(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
    """Which models are rendered anew when this one has changed.

    Before code runs, Django forgets what was rendered for a state that is delayed.
    """
    key = app_label, model_name
    is_new = model_name not in state.apps.all_models[app_label]
    if delay or is_new or not _is_referred_to(state, key):
        state.is_delayed = True
        return {key}
    return FOUND_BY_DJANGO(state, app_label, model_name, False)


def _is_referred_to(state: ProjectState, key: tuple[str, str]) -> bool:
    """By a model other than itself, which has a key of the same type."""
    return any(
        field.is_relation and resolve_relation(field.remote_field.model, *other) == key
        for other, model in state.models.items()
        if other != key
        for field in model.fields.values()
    )


def take_back(
    operation: RunPython,
    app_label: str,
    editor: BaseDatabaseSchemaEditor,
    from_state: ProjectState,
    to_state: ProjectState,
) -> None:
    """Django forgets delayed models for code that runs forwards, and not for code that runs backwards."""
    from_state.clear_delayed_apps_cache()
    TAKEN_BACK_BY_DJANGO(operation, app_label, editor, from_state, to_state)
