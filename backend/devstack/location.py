"""Chooses the directory of the servers' data and the account that the servers run as: PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
import sysconfig
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from backend.bootstrap import UserError
from backend.devstack.directory import StackDirectory
from backend.devstack.processes import Account

# Root's servers keep their data here if no other user can enter the checkout.
OUTSIDE = Path("/var/lib/ai-tool-verdicts")


@dataclass(frozen=True)
class DataLocation:
    """A directory for the servers' data, and the account that they run as; None is our own."""

    path: Path
    account: Account | None


def choose_location(stack: StackDirectory, *, is_lasting: bool) -> DataLocation:
    """The stack's own directory, or one elsewhere if the unprivileged account that root's servers run as can't enter it.

    Raises UserError if it could once, has data there, and can't any more.
    """
    inside = stack.path / "engines"
    remembered = stack.path / "engines-are-at"
    if os.geteuid() != 0:
        inside.mkdir(mode=0o700, exist_ok=True)
        return DataLocation(inside, None)

    if remembered.exists():
        path = Path(remembered.read_text())
        if path.is_dir() and _belongs_to(path, stack):
            return _owned_location(path)
    location = _owned_location(inside)
    if location.account and _may_enter(inside, location.account):
        return location
    if any(inside.iterdir()):
        raise UserError(
            f"The user that runs the servers can't enter {inside} any more: open the folders above it, "
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
        f"The servers can't run as root, and no other user can enter {stack.path}: their files lie in {outside}."
    )
    return _owned_location(outside)


def remove_outside(stack: StackDirectory) -> None:
    """Remove the directory that `choose_location` made elsewhere, if it did."""
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
    # Data that another user made stay that user's. Otherwise: the account of Debian's packages, or the one without rights.
    uid = path.stat().st_uid
    if uid == 0:
        try:
            uid = pwd.getpwnam("postgres").pw_uid
        except KeyError:
            uid = pwd.getpwnam("nobody").pw_uid
    gid = pwd.getpwuid(uid).pw_gid
    os.chown(path, uid, gid)
    path.chmod(0o700)
    return DataLocation(path, Account(uid, gid))


def _may_enter(path: Path, account: Account) -> bool:
    status = subprocess.run(
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(path)],
        cwd="/",
        capture_output=True,
        check=False,
        user=account.user,
        group=account.group,
        extra_groups=[],
    )
    return status.returncode == 0


def reachable(location: DataLocation, parts: tuple[str, ...]) -> Path:
    """The packages' directory, or a copy of these parts of it, where the servers' account can run them."""
    packages = Path(sysconfig.get_path("platlib"))
    account = location.account
    if account is None or _may_enter(packages / parts[0], account):
        return packages
    for part in parts:
        if (packages / part).exists() and not (location.path / part).exists():
            unfinished = location.path / "copying"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(packages / part, unfinished, symlinks=True)
            parent = (location.path / part).parent
            parent.mkdir(exist_ok=True)
            for path in (parent, unfinished, *unfinished.rglob("*")):
                os.chown(path, account.user, account.group, follow_symlinks=False)
            unfinished.rename(location.path / part)
    return location.path
