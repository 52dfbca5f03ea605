"""The command line: serve, stop, reset, manage, run (and prepare, which serve runs)."""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from backend.bootstrap import ROOT, UserError, exit_on_error
from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.location import remove_outside
from backend.devstack.prepare import prepare
from backend.devstack.run import run
from backend.devstack.serve import serve
from backend.devstack.stack import Stopped, end_leftovers, stop_on_signals, var_directory

USAGE = """python -m backend.devstack COMMAND

  serve              PostgreSQL, Redis, web server, worker and beat; the data are kept in var/serve
  stop               end what `serve` started
  reset              stop, and remove the data of `serve`
  manage ARGUMENTS   Django's manage.py with the data of the `serve` that is running
  run -- COMMAND     run COMMAND on a private PostgreSQL and Redis that are removed afterwards
  run --durable -- COMMAND     the same, but they write as safely as those of `serve`
"""
STOP_SECONDS = 20


def main(arguments: Sequence[str]) -> int:
    stack = StackDirectory(var_directory() / "serve")
    match arguments:
        case ["serve"]:
            serve(stack.make())
        case ["stop"]:
            stop(stack)
        case ["reset"]:
            reset(stack)
        case ["manage", *rest]:
            manage(stack, rest)
        case ["prepare"]:
            prepare(admin_password=stack.secret("admin_password"))
        case ["run", "--", _, *_]:
            return run(arguments[2:])
        case ["run", "--durable", "--", _, *_]:
            return run(arguments[3:], is_durable=True)
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    return 0


def stop(stack: StackDirectory) -> None:
    """End a running `serve`, and the processes that a killed one left."""
    if not stack.path.is_dir():
        print("`make serve` has not run here.")
        return
    supervisor, url = stack.supervisor()
    was_running = not stack.acquire()
    if was_running:
        if supervisor is None or not supervisor.is_running():
            raise UserError("`make serve` is just starting here: try again in a second.")
        processes.end([supervisor], first=signal.SIGTERM, timeout=STOP_SECONDS)
        if not stack.acquire():
            raise UserError(f"Process {supervisor.pid} could not be ended: are you its user?")
    had_leftovers = end_leftovers(stack)
    print(
        f"Stopped {url}."
        if was_running
        else "Stopped."
        if had_leftovers
        else "`make serve` is not running here."
    )


def reset(stack: StackDirectory) -> None:
    """Stop, then remove all data."""
    stop(stack)
    if stack.path.is_dir():
        remove_outside(stack)
        stack.remove()
        print(f"Removed {stack.path}.")


def manage(stack: StackDirectory, arguments: Sequence[str]) -> None:
    """Replace this process by manage.py, in the environment of the `serve` that is running."""
    if not stack.path.is_dir() or stack.acquire():
        raise UserError("`make serve` is not running here: start it in another terminal first.")
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    os.execve(sys.executable, command, {**os.environ, **stack.environment()})


if __name__ == "__main__":
    status = 0
    stop_on_signals()
    try:
        with exit_on_error():
            status = main(sys.argv[1:])
    except Stopped as stopped:
        status = 128 + stopped.number
        if sys.argv[1:] == ["serve"]:
            # Ctrl-C and `make stop` are how this is meant to end.
            with suppress(OSError):
                print("Stopped; the data are kept.", flush=True)
            status = 0
    sys.exit(status)
