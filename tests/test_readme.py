"""The README's commands work as they are, pasted into bash and into zsh."""

import re
import shlex

from backend.bootstrap import ROOT


def commands() -> list[str]:
    """The lines of code blocks that name no language."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line for language, block in blocks if not language for line in block.splitlines() if line]


def test_no_command_needs_more_than_both_shells_have() -> None:
    """An interactive zsh takes `#` for a word, and an unquoted `?`, `*` or `[` for a pattern that must match a file."""
    unquoted = [re.sub(r"'[^']*'|\"[^\"]*\"", "", line) for line in commands()]

    assert unquoted
    assert [line for line in unquoted if re.search(r"#|[?*\[]", line)] == []


def test_every_command_is_one_line_of_a_shell() -> None:
    assert all(shlex.split(line) for line in commands())


def test_every_target_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", readme, re.MULTILINE))

    assert {"serve", "test"} <= named
    assert named - set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) == set()
