#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

from backend import process_kind

if __name__ == "__main__":
    process_kind.current = "migrate" if "migrate" in sys.argv[1:2] else "command"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    execute_from_command_line(sys.argv)
