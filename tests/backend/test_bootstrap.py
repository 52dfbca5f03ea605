"""The environment is made from lock files alone, and made anew whenever it can not be trusted.

The lock files here are empty and there is no uv, so that nothing is asked of a package index.
"""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from backend import bootstrap


def lay_out_checkout(root: Path) -> Path:
    (root / "backend").mkdir(parents=True)
    (root / "requirements").mkdir()
    shutil.copy(bootstrap.__file__, root / "backend" / "bootstrap.py")
    for name in ("uv", "runtime", "dev"):
        (root / "requirements" / f"{name}.txt").write_text("")
    return root


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return lay_out_checkout(tmp_path / "a check out")


@pytest.fixture(scope="module")
def bootstrapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with its environment; made once, for that takes seconds."""
    root = lay_out_checkout(tmp_path_factory.mktemp("module") / "a check out")
    first = run_bootstrap(root, "runtime")
    assert (first.returncode, first.stdout[:12]) == (0, "Making .venv")
    return root


VENV_WITH_PIP = """
import pathlib, sys
here = pathlib.Path(__file__).parent
sys.path.remove(str(here))
import venv
venv.create(sys.argv[1], symlinks=True)
[packages] = pathlib.Path(sys.argv[1]).glob("lib/*/site-packages")
(packages / "pip").symlink_to(here / "ready" / "pip")
"""


@pytest.fixture(scope="module")
def pip_at_hand(bootstrapped: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings with which `python -m venv` takes the pip of an environment that was made: installing it takes seconds."""
    folder = tmp_path_factory.mktemp("python path")
    [pip] = (bootstrapped / ".venv" / "lib").glob("*/site-packages/pip")
    shutil.copytree(pip, folder / "ready" / "pip")
    (folder / "venv.py").write_text(VENV_WITH_PIP)
    return {"PYTHONPATH": str(folder)}


def run_bootstrap(root: Path, *groups: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [bootstrap_python(), root / "backend" / "bootstrap.py", *groups],
        env={**os.environ, "PIP_NO_INDEX": "1", **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def start_bootstrap(root: Path, *groups: str, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [bootstrap_python(), root / "backend" / "bootstrap.py", *groups],
        env={**os.environ, "PIP_NO_INDEX": "1", **settings},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """What it prints, up to this text."""
    assert process.stdout is not None
    said = ""
    while text not in said:
        character = process.stdout.read(1)
        assert character, said
        said += character
    return said


def bootstrap_python() -> str:
    """The Python under the virtual environment: a clone begins with that one alone."""
    return str(Path(sys.base_prefix) / "bin" / bootstrap.PYTHON_NAME)


def test_a_second_call_finds_everything_in_place_and_says_nothing(bootstrapped: Path) -> None:
    second = run_bootstrap(bootstrapped, "runtime")

    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_an_environment_that_was_moved_or_left_half_made_is_made_anew(
    checkout: Path, pip_at_hand: dict[str, str]
) -> None:
    venv = checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "lib" / bootstrap.PYTHON_NAME).mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(bootstrap_python())
    (venv / "made-at").write_text("/somewhere/else/.venv")

    moved = start_bootstrap(checkout, "runtime", **pip_at_hand)
    said = read_until(moved, "Making .venv")
    os.killpg(moved.pid, signal.SIGKILL)
    moved.communicate()
    left_half_made = (venv / "made-at").read_text()
    result = run_bootstrap(checkout, "runtime", **pip_at_hand)

    assert "making it anew" in said
    assert left_half_made == ""
    assert result.returncode == 0, result.stderr
    assert "making it anew" in result.stdout
    assert (venv / "made-at").read_text() == str(venv)


def test_a_package_that_can_not_be_had_is_told_in_a_sentence(bootstrapped: Path) -> None:
    lock_file = bootstrapped / "requirements" / "dev.txt"
    lock_file.write_text(f"nothing-of-this-name==1 --hash=sha256:{'0' * 64}\n")

    result = run_bootstrap(bootstrapped, "dev")

    assert result.returncode == 1
    assert "The package index can not be reached: check the network" in result.stderr
    assert "Traceback" not in result.stderr
    # What such a failure leaves behind is not trusted later.
    made_at = bootstrapped / ".venv" / "made-at"
    assert made_at.read_text() == ""
    made_at.write_text(str(bootstrapped / ".venv"))


def test_packages_come_into_the_environment_wherever_pip_is_told_to_put_them(
    bootstrapped: Path, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path, "wanted")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (bootstrapped / "requirements" / "dev.txt").write_text(f"wanted==1 --hash=sha256:{digest}\n")
    elsewhere = {name: str(tmp_path / "elsewhere") for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")}
    # Each of them alone would keep the package out.
    others = {"PIP_PYTHON": bootstrap_python(), "PIP_DRY_RUN": "1"}

    result = run_bootstrap(bootstrapped, "dev", PIP_FIND_LINKS=str(tmp_path), **elsewhere, **others)

    assert result.returncode == 0, result.stderr
    assert list((bootstrapped / ".venv" / "lib").glob("*/site-packages/wanted.py"))
    assert not (tmp_path / "elsewhere").exists()


def make_wheel(folder: Path, name: str) -> Path:
    """A wheel with one empty module."""
    path = folder / f"{name}-1-py3-none-any.whl"
    with ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        wheel.writestr(
            f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{name}-1.dist-info/RECORD", "")
    return path


def test_an_environment_made_by_hand_is_trusted(checkout: Path) -> None:
    subprocess.run([bootstrap_python(), "-m", "venv", "--without-pip", str(checkout / ".venv")], check=True)
    (checkout / ".venv" / "kept").touch()
    (checkout / ".venv" / "runtime.txt").write_text("")

    result = run_bootstrap(checkout, "runtime")

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert (checkout / ".venv" / "kept").exists()


def test_two_at_once_install_one_after_the_other(bootstrapped: Path) -> None:
    (bootstrapped / "requirements" / "second.txt").write_text("")
    with (bootstrapped / "var" / "bootstrap.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = start_bootstrap(bootstrapped, "second")
        assert second.stdout is not None
        said = second.stdout.readline()
        was_installed = (bootstrapped / ".venv" / "second.txt").exists()

    second.communicate()

    assert said == "Waiting for another command, which installs packages that this one needs …\n"
    assert not was_installed
    assert second.returncode == 0
    assert (bootstrapped / ".venv" / "second.txt").exists()


def test_what_is_in_place_waits_for_no_installation_of_something_else(
    bootstrapped: Path, pip_at_hand: dict[str, str]
) -> None:
    made_at = bootstrapped / ".venv" / "made-at"
    with (bootstrapped / "var" / "bootstrap.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made_at.write_text("")
        meanwhile = run_bootstrap(bootstrapped, "runtime")
    after_a_kill = start_bootstrap(bootstrapped, "runtime", **pip_at_hand)
    said = read_until(after_a_kill, "making it anew")
    after_a_kill.communicate()

    assert (meanwhile.returncode, meanwhile.stdout, meanwhile.stderr) == (0, "", "")
    assert "unfinished" in said
    assert made_at.read_text() == str(bootstrapped / ".venv")


def test_no_other_group_replaces_a_package_of_the_runtime() -> None:
    """So what runs goes on with whole packages while another command installs."""
    versions = {
        group: dict(
            re.findall(r"^(\S+)==(\S+)", (bootstrap.REQUIREMENTS / f"{group}.txt").read_text(), re.MULTILINE)
        )
        for group in ("runtime", "dev", "embedded", "providers", "bench", "generators", "uv")
    }
    runtime = versions.pop("runtime")

    others = [
        (group, name, version)
        for group, packages in versions.items()
        for name, version in packages.items()
        if runtime.get(name, version) != version
    ]

    assert len(runtime) > 20
    assert others == []


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        (
            "error: dns error: failed to lookup address",
            "The package index can not be reached: check the network",
        ),
        ("error: the moon is full", "It said: error: the moon is full."),
    ],
    ids=["what has a way on", "what is not known"],
)
def test_what_uv_can_not_do_pip_tries_and_both_are_told(bootstrapped: Path, says: str, sentence: str) -> None:
    uv = bootstrapped / ".venv" / "bin" / "uv"
    uv.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    uv.chmod(0o755)
    (bootstrapped / "requirements" / "by_pip.txt").write_text("# ")
    (bootstrapped / ".venv" / "by_pip.txt").unlink(missing_ok=True)

    result = run_bootstrap(bootstrapped, "by_pip")
    uv.unlink()

    assert result.returncode == 0, result.stderr
    [told] = [line for line in result.stdout.splitlines() if line.startswith("uv failed. ")]
    assert told.startswith(f"uv failed. {sentence}")
    assert told.endswith(" Trying pip, which reads settings that uv does not know.")
    assert "Installing by_pip with pip … " in result.stdout


def test_without_uv_pip_installs_and_says_so(bootstrapped: Path) -> None:
    (bootstrapped / "requirements" / "without_uv.txt").write_text("")

    result = run_bootstrap(bootstrapped, "without_uv")

    assert result.stdout.startswith("Installing without_uv with pip, for there is no uv here … ")


def test_an_uv_that_can_not_be_had_is_told_with_the_reason(
    checkout: Path, pip_at_hand: dict[str, str]
) -> None:
    (checkout / "requirements" / "uv.txt").write_text(f"uv==1 --hash=sha256:{'0' * 64}\n")

    result = run_bootstrap(checkout, "runtime", **pip_at_hand)

    assert result.returncode == 0, result.stderr
    [told] = [
        line for line in result.stdout.splitlines() if line.startswith("uv could not be installed, so pip")
    ]
    assert "The package index can not be reached" in told


def test_no_module_of_this_folder_stands_for_one_of_the_standard_library(checkout: Path) -> None:
    (checkout / "backend" / "subprocess.py").write_text("raise SystemExit('not the standard library')")

    result = run_bootstrap(checkout, "everything")

    assert "say `runtime` or `dev`" in result.stderr


def test_a_machine_without_python_is_told_which_to_install(tmp_path: Path) -> None:
    result = subprocess.run(
        ["make", "--silent", f"--directory={bootstrap.ROOT}", "runtime", "PYTHON="],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode != 0
    assert (
        "There is no Python 3.11 to 3.14 here: install one (`apt install python3 python3-venv`)"
        in result.stderr
    )


@pytest.mark.parametrize("version", ["3.10", "3.15"])
def test_another_python_is_refused_with_the_way_on(version: str) -> None:
    pretend = (
        f"import runpy, sys; sys.version_info = (*{tuple(map(int, version.split('.')))}, 1, 'final', 0); "
        f"runpy.run_path({bootstrap.__file__!r}, run_name='__main__')"
    )

    result = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True, check=False)

    assert result.returncode == 1
    assert f"needs Python 3.11 to 3.14, and {sys.executable} is Python {version}" in result.stderr
    assert "make PYTHON=/path/to/python3" in result.stderr


def test_a_group_without_a_lock_file_is_refused(checkout: Path) -> None:
    result = run_bootstrap(checkout, "everything")

    assert result.returncode == 1
    assert "say `runtime` or `dev`" in result.stderr


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("[Errno 13] Permission denied: '.venv'", "is not writable"),
        ("error: Failed to write: No space left on device (os error 28)", "The disk is full"),
        ("error: Failed to build `dkimpy`", "needs a C compiler and make"),
        ("virtual environment was not created because ensurepip is not available", "has no venv module"),
        ("Hash mismatch for `django`", "not what the lock file names"),
        ("dns error: failed to lookup address", "The package index can not be reached"),
    ],
)
def test_what_installers_say_leads_to_a_way_on(said: str, hint: str) -> None:
    assert hint in bootstrap.hint_for(said)
