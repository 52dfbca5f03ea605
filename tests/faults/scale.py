"""How hard the tests of faults try: little on every push, as much as we promise with FAULTS=long.

Each figure can also be set by its own name: `FAULTS=long MAIL_KILLS=5 make test …`.
"""

import os

IS_LONG = os.environ.get("FAULTS") == "long"


def scaled(name: str, *, short: int, long: int) -> int:
    return int(os.environ.get(name) or (long if IS_LONG else short))
