"""Every module with logic has its tests in the file that mirrors it."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["backend", "catalog", "reviews", "votes", "comparisons", "newsletter"]

# Modules whose tests stand elsewhere. The list only gets shorter.
UNTESTED: set[str] = set()


def has_logic(path: Path) -> bool:
    """Whether the module defines a function or a method other than a model's name for people.

    Addresses, constants, exceptions and columns are plain data.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "__str__"
        for node in ast.walk(tree)
    )


def modules_with_logic() -> list[str]:
    found = [
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts and has_logic(path)
    ]
    assert found
    return sorted(found)


def mirror_of(module: str) -> str:
    """`votes/ballots/casting.py` is tested in `tests/votes/ballots/test_casting.py`.

    A command's tests stand beside those of its app, since `management/commands` holds nothing else. An app's models are
    tested as one, in `test_models.py`, since what they promise spans tables.
    """
    module = module.replace("management/commands/", "")
    if "/models/" in module:
        module = f"{module.split('/models/')[0]}/models.py"
    path = Path("tests", module)
    return str(path.with_name(f"test_{path.stem.strip('_')}.py"))


def test_every_module_with_logic_has_its_mirror() -> None:
    untested = {module for module in modules_with_logic() if not (ROOT / mirror_of(module)).is_file()}

    assert untested == UNTESTED
