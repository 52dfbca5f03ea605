"""Chooses where the servers' data lie and as whom the servers run, for PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from backend.bootstrap import UserError
from backend.devstack.directory import StackDirectory

# Where root keeps the data of a checkout that lies in a folder closed to everybody else.
OUTSIDE = Path("/var/lib/ai-tool-verdicts")


@dataclass(frozen=True)
class DataLocation:
    """A directory for the servers' data; `identity` holds the `user` and `group` to run as, if not ours."""

    path: Path
    identity: Mapping[str, Any]


def choose_location(stack: StackDirectory, *, is_lasting: bool) -> DataLocation:
    """The stack's own directory, unless the unprivileged user that root lends the servers can not get there."""
    inside = stack.path / "engines"
    remembered = stack.path / "engines-are-at"
    if os.geteuid() != 0:
        inside.mkdir(mode=0o700, exist_ok=True)
        return DataLocation(inside, {})

    if remembered.exists():
        path = Path(remembered.read_text())
        if path.is_dir() and _belongs_to(path, stack):
            return _owned_location(path)
    location = _owned_location(inside)
    if _may_enter(location):
        return location
    if any(inside.iterdir()):
        raise UserError(
            f"The user that runs the servers can not enter {inside} any more: open the folders above it, "
            "or run `make reset` to start over elsewhere."
        )
    if is_lasting:
        outside = OUTSIDE / sha256(str(stack.path).encode()).hexdigest()[:12]
        outside.mkdir(parents=True, exist_ok=True)
        OUTSIDE.chmod(0o755)
    else:
        outside = Path(tempfile.mkdtemp(prefix="ai-tool-verdicts-"))
    (outside / "belongs-to").write_text(str(stack.path))
    remembered.write_text(str(outside))
    print(
        f"The servers can not run as root, and no other user may enter {stack.path}: their files lie in {outside}."
    )
    return _owned_location(outside)


def remove_outside(stack: StackDirectory) -> None:
    """Remove what `choose_location` put elsewhere."""
    remembered = stack.path / "engines-are-at"
    if remembered.exists():
        path = Path(remembered.read_text())
        if path.is_dir() and _belongs_to(path, stack):
            shutil.rmtree(path)


def _belongs_to(path: Path, stack: StackDirectory) -> bool:
    """A copied checkout must not share the original's data; a moved one keeps them."""
    owner_file = path / "belongs-to"
    owner = Path(owner_file.read_text()) if owner_file.exists() else None
    if owner is not None and owner != stack.path and not owner.exists():
        owner_file.write_text(str(stack.path))
        return True
    return owner == stack.path


def _owned_location(path: Path) -> DataLocation:
    path.mkdir(mode=0o700, exist_ok=True)
    # Data made by an ordinary user stay that user's; otherwise the packages' own account, or the least of all.
    uid = path.stat().st_uid
    if uid == 0:
        try:
            uid = pwd.getpwnam("postgres").pw_uid
        except KeyError:
            uid = pwd.getpwnam("nobody").pw_uid
    gid = pwd.getpwuid(uid).pw_gid
    os.chown(path, uid, gid)
    path.chmod(0o700)
    return DataLocation(path, {"user": uid, "group": gid, "extra_groups": []})


def _may_enter(location: DataLocation) -> bool:
    command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(location.path)]
    return (
        subprocess.run(command, cwd="/", capture_output=True, check=False, **location.identity).returncode
        == 0
    )


def reachable(location: DataLocation, parts: tuple[str, ...]) -> Path:
    """The packages' directory, or a copy of these parts of it where the servers' user can run them."""
    packages = Path(sysconfig.get_path("platlib"))
    if not location.identity or _may_enter(DataLocation(packages / parts[0], location.identity)):
        return packages
    for part in parts:
        if (packages / part).exists() and not (location.path / part).exists():
            unfinished = location.path / "copying"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(packages / part, unfinished, symlinks=True)
            parent = (location.path / part).parent
            parent.mkdir(exist_ok=True)
            for path in (parent, unfinished, *unfinished.rglob("*")):
                os.chown(path, location.identity["user"], location.identity["group"], follow_symlinks=False)
            unfinished.rename(location.path / part)
    return location.path
