"""The walls of the house: which way imports run, and what every module and model keeps to."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import CheckConstraint, Model, Q

ROOT = Path(__file__).resolve().parent.parent
APPS = ["catalog", "reviews", "votes", "comparisons", "newsletter"]
FOLDERS = [*APPS, "backend", "bench", "contract", "tests"]

# Tables that nobody edits or looks up by themselves.
NOT_IN_THE_ADMIN = {
    *("api.CountChange", "api.IdempotentAnswer", "api.RateCounter", "api.Salt", "votes.SpentChallenge"),
    # They stand on pages of conditions, tools and pairs.
    *("catalog.ConditionCount", "catalog.ToolFit", "comparisons.PairFit"),
    # History shows them on the page of their row.
    *("api.Change", "reviews.ReviewRevision", "reviews.HeadToHeadRevision"),
    # The tool's page says what becomes of it.
    "catalog.LogoUpload",
    # The page of a bulk action counts them, and names those that were left.
    "backend_admin.BulkRow",
    "comparisons.ListedPair",
    "comparisons.ListedTool",
    "comparisons.Relisting",
    "comparisons.SearchDocument",
    # The page that undoes a merge counts what it names.
    "comparisons.MergedRow",
    # The first page shows it.
    "reviews.Calibration",
    # The page of the comparison shows it.
    "comparisons.PairPanel",
    "newsletter.ConfirmationToken",
    "newsletter.MailRate",
    # Pages of editions say what they mean; `manage.py allow_sending` changes them.
    *("newsletter.MailingJournal", "newsletter.SendingIdentity"),
    *("newsletter.Bounce", "newsletter.EditionHealth"),
    "newsletter.Segment",
}


def modules(*folders: str) -> list[Path]:
    found = [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "node_modules" not in path.parts
    ]
    assert found
    return sorted(found)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports_of(path: Path) -> Iterator[str]:
    """The full name of everything that the module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{named(path)} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def models() -> list[type[Model]]:
    return [model for app in ["api", *APPS] for model in apps.get_app_config(app).get_models()]


def test_imports_run_one_way() -> None:
    """In a process of its own: it configures logging, and so switches off the loggers of tests that follow."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout


def test_every_folder_of_modules_is_a_package() -> None:
    """import-linter passes by a folder without `__init__.py`, and the imports of its modules with it."""
    folders = {folder for path in modules(*FOLDERS) for folder in path.parents if ROOT in folder.parents}

    assert {named(folder) for folder in folders if not (folder / "__init__.py").is_file()} == set()


def test_an_app_takes_from_the_project_only_what_endpoints_and_admin_pages_share() -> None:
    taken = {
        (named(path), name)
        for path in modules(*APPS)
        for name in imports_of(path)
        if name.split(".")[0] == "backend" and not name.startswith(("backend.api.", "backend.admin."))
    }

    assert taken == set()


def test_what_endpoints_and_admin_pages_share_names_no_app() -> None:
    """Neither in code nor in prose nor in an example: apps declare what they add. Migrations name old tables."""
    words = re.compile(
        rf"\b({'|'.join(APPS)}|voters?|subscribers?|tally|tallies|newsletters?)\b", re.IGNORECASE
    )

    named_ones = {
        (named(path), found.group())
        for folder in ("backend/api", "backend/admin")
        for path in sorted((ROOT / folder).rglob("*.*"))
        if path.suffix in {".py", ".html", ".css", ".json", ".sql"} and "migrations" not in path.parts
        for found in words.finditer(path.read_text(encoding="utf-8"))
    }

    assert named_ones == set()


def test_no_app_knows_signals() -> None:
    """Bulk writes pass them by: services and the database's triggers do what must be done."""
    signals = ("django.db.models.signals", "django.core.signals", "django.dispatch")

    known = {
        (named(path), name)
        for path in modules(*APPS)
        for name in imports_of(path)
        if name.startswith(signals)
    }

    assert known == set()


SESSION_STATE = re.compile(
    r"pg_(?:try_)?advisory_(?:un)?lock|\b(?:LISTEN|DISCARD|WITH HOLD)\b|pg_notify"
    r"|set_config\((?![^)]*, true\))|[\"'] *SET (?!LOCAL|TRANSACTION)"
)
# A pooler is refused there, or passed by; and the statement changes nothing behind one.
IN_ITS_OWN_SESSION = {
    *("backend/api/management/commands/migrate.py", "newsletter/deliveries/database.py"),
    "backend/response_cache/changes.py",
}


def test_nothing_is_kept_in_a_session_of_the_database() -> None:
    """A pooler lends a session to others, transaction by transaction."""
    scripts = [path for app in APPS for path in (ROOT / app).rglob("*.sql")]
    keeping = {
        named(path)
        for path in [*modules(*APPS, "backend"), *scripts]
        if SESSION_STATE.search(path.read_text(encoding="utf-8"))
    }

    assert keeping == IN_ITS_OWN_SESSION


def test_every_module_opens_with_a_sentence_that_says_what_it_is_for() -> None:
    silent = [
        named(path) for path in [*modules(*FOLDERS), ROOT / "manage.py"] if not opens_with_a_sentence(path)
    ]

    assert silent == []


def opens_with_a_sentence(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    # An empty file only makes a folder a package, and Django writes first migrations as it likes.
    if not text or text.startswith("# Generated by Django"):
        return True
    docstring = ast.get_docstring(ast.parse(text)) or ""
    return docstring.split("\n\n")[0].rstrip().endswith((".", ":"))


@pytest.mark.parametrize("model", models(), ids=lambda model: model._meta.label)
class TestModels:
    def test_each_list_says_its_own_order(self, model: type[Model]) -> None:
        assert not model._meta.ordering

    def test_curators_find_it_in_the_admin(self, model: type[Model]) -> None:
        assert admin.site.is_registered(model) != (model._meta.label in NOT_IN_THE_ADMIN)

    def test_a_choice_that_nobody_offers_is_refused_by_the_database(self, model: type[Model]) -> None:
        checks = [
            constraint.condition
            for constraint in model._meta.constraints
            if isinstance(constraint, CheckConstraint)
        ]
        for field in model._meta.concrete_fields:
            if field.choices:
                offered = [value for value, _ in field.flatchoices]
                assert Q((f"{field.name}__in", offered)) in checks, field.name
