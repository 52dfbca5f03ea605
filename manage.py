#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys
import traceback

from django.core.management import execute_from_command_line

from backend import process_kind

if __name__ == "__main__":
    process_kind.current = "migrate" if "migrate" in sys.argv[1:2] else "command"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    try:
        execute_from_command_line(sys.argv)
    except Exception:
        if sys.argv[1:2] != ["receive_bounce"]:
            raise
        # EX_TEMPFAIL: a mail server refuses the mail for good at any other code, also where the settings can't be read.
        traceback.print_exc()
        sys.exit(75)
