"""
Which kind of process this is, which decides how long the database may take for it (decision 53).

Set by what starts the process, before the settings are read: `backend/wsgi.py`, `manage.py`. Celery's processes set
nothing. No environment variable, which child processes of another kind would inherit.
"""

from typing import Literal

Kind = Literal["web", "worker", "migrate", "command"]

current: Kind = "worker"
