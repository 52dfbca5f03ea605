"""Every module with logic has its tests in the file that mirrors it."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["backend", "catalog", "reviews", "votes", "comparisons", "newsletter"]

OF_NO_SINGLE_MODULE = {
    # What clients get wrong, on every public route.
    "tests/backend/api/test_bad_input.py",
    # That what was decided of a ballot holds, over the API, in the admin and in the database.
    "tests/votes/test_held_ballots.py",
    # What attacks on a crowd come to over HTTP, by the clock of weeks; and votes on tallies that hold no more.
    "tests/votes/test_attacks.py",
    "tests/votes/test_full_tallies.py",
    "tests/votes/test_set_aside.py",
    # Which of two tools a reviewer would ship with: in the database, on the desk, over the API and in a catalog file.
    "tests/reviews/test_head_to_heads.py",
    # That no other package writes to the ledger.
    "tests/newsletter/deliveries/test_ownership.py",
    # Which Python an environment is made with: a script of the shell.
    "tests/backend/test_find_python.py",
    # Who gets past which page of the desk.
    "tests/backend/admin/test_matrix.py",
}


def has_logic(path: Path) -> bool:
    """Whether the module defines a function or a method other than a model's name for people.

    Addresses, constants, exceptions and columns are plain data.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "__str__"
        for node in ast.walk(tree)
    )


def modules() -> list[Path]:
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert found
    return sorted(path for path in found if "migrations" not in path.parts)


def mirror_of(path: Path) -> str:
    """`votes/ballots/casting.py` is tested in `tests/votes/ballots/test_casting.py`.

    A command's tests stand beside those of its app, since `management/commands` holds nothing else. An app's models are
    tested as one, in `test_models.py`, since what they promise spans tables.
    """
    parts = [part for part in path.relative_to(ROOT).parts if part not in {"management", "commands"}]
    if "models" in parts:
        parts = [*parts[: parts.index("models")], "models.py"]
    return str(Path("tests", *parts[:-1], f"test_{Path(parts[-1]).stem.strip('_')}.py"))


def test_every_module_with_logic_has_its_tests_in_the_file_that_mirrors_it() -> None:
    untested = [path for path in modules() if has_logic(path) and not has_tests(ROOT / mirror_of(path))]

    assert untested == []


def test_every_file_of_tests_mirrors_a_module() -> None:
    mirrors = {mirror_of(path) for path in modules()} | OF_NO_SINGLE_MODULE
    found = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / "tests" / package).rglob("test_*.py")
    }

    assert found - mirrors == set()


def has_tests(path: Path) -> bool:
    return path.is_file() and "def test_" in path.read_text(encoding="utf-8")
