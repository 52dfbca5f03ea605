"""`python -m bench.publisher`: publishes tallies each second, as the worker does each minute; prints how many moved."""

import os
from datetime import UTC, datetime
from time import monotonic, sleep

import django

SECONDS = 1.0


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    # It needs Django's apps to be loaded.
    from votes.tallies.publication import publish_tallies

    while True:
        began = monotonic()
        print(publish_tallies(now=datetime.now(UTC)), flush=True)
        sleep(max(0.0, SECONDS - (monotonic() - began)))


if __name__ == "__main__":
    main()
