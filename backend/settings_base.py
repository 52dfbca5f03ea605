"""What several modules of settings read: the environment, and what all of them build on."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from backend.env_file import env_file, read_env_file
from backend.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent

# None: none is read.
ENV_FILE = env_file(os.environ.get("ENV_FILE"), default=BASE_DIR / ".env")
# What is exported wins. Here and not in `env` alone, for boto3 reads its own variables.
for _name, _text in (read_env_file(ENV_FILE) if ENV_FILE else {}).items():
    os.environ.setdefault(_name, _text)
env = Environment(os.environ)

# Absolute links are built from this, never from a request's Host header.
PUBLIC_BASE_URL = env.web_address("PUBLIC_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
public_url = urlsplit(PUBLIC_BASE_URL)
# The most connections to the database that one process has.
DATABASE_POOL_SIZE = env.integer("DATABASE_POOL_SIZE", default=16, least=2, most=10_000)
