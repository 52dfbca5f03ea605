"""Fewer models are rendered, and what a migration reads and does is the same."""

import gc
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import AddField, CreateModel, Migration, RunPython
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from backend.api.migration_states import few_models_rendered


@pytest.fixture
def state() -> ProjectState:
    """Of today, with its models rendered."""
    state = MigrationLoader(None).project_state()
    assert state.apps.get_model("catalog.Tool")
    return state


def rendered_anew(before: ProjectState, after: ProjectState) -> set[str]:
    old = {model._meta.label: model for model in before.apps.get_models()}
    return {model._meta.label for model in after.apps.get_models() if old.get(model._meta.label) is not model}


def test_a_field_that_is_no_key_renders_its_model_alone(state: ProjectState) -> None:
    before = state.clone()

    with few_models_rendered():
        state.add_field("catalog", "tool", "nickname", models.TextField(), preserve_default=True)

    assert rendered_anew(before, state) == {"catalog.Tool"}
    assert state.apps.get_model("catalog.Tool")._meta.get_field("nickname")


def test_a_new_model_is_rendered_alone_and_refers_to_what_is_there(state: ProjectState) -> None:
    before = state.clone()
    key = models.ForeignKey("catalog.Tool", models.CASCADE)

    with few_models_rendered():
        CreateModel("Nickname", [("tool", key)]).state_forwards("reviews", state)

    nickname = state.apps.get_model("reviews.Nickname")
    assert rendered_anew(before, state) == {"reviews.Nickname"}
    assert nickname._meta.get_field("tool").related_model is state.apps.get_model("catalog.Tool")


def test_a_key_renders_all_that_are_related_as_django_does(state: ProjectState) -> None:
    by_django, ours, before = state.clone(), state.clone(), state.clone()
    change: AddField = AddField("reviewer", "tool", models.ForeignKey("catalog.Tool", models.CASCADE))

    change.state_forwards("reviews", by_django)
    with few_models_rendered():
        change.state_forwards("reviews", ours)

    assert rendered_anew(before, ours) == rendered_anew(before, by_django) > {"votes.Vote"}


@pytest.mark.django_db
def test_code_in_a_migration_gets_models_that_know_each_other_there_and_back(state: ProjectState) -> None:
    seen: list[bool] = []

    def look(apps: Any, schema_editor: Any) -> None:
        tool, review = apps.get_model("catalog.Tool"), apps.get_model("reviews.Review")
        assert list(review.objects.filter(tool__nickname="", tool__in=tool.objects.all())) == []
        seen.append(tool is review._meta.get_field("tool").related_model)

    nickname = AddField("tool", "nickname", models.TextField(default=""))
    operations = [nickname, RunPython(look, look)]
    migration = type("Nicknames", (Migration,), {"operations": operations})("0001_nicknames", "catalog")

    with few_models_rendered(), connection.schema_editor(atomic=False) as editor:
        migration.apply(state.clone(), editor)
        migration.unapply(state, editor)

    assert seen == [True, True]


def test_django_is_left_as_it_was(state: ProjectState) -> None:
    found_by_django = ProjectState._find_reload_model  # type: ignore[attr-defined]
    taken_back_by_django = RunPython.database_backwards

    with few_models_rendered():
        collects = gc.isenabled()

    assert (collects, gc.isenabled()) == (False, True)
    assert ProjectState._find_reload_model is found_by_django  # type: ignore[attr-defined]
    assert RunPython.database_backwards is taken_back_by_django
