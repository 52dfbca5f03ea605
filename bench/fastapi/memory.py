"""The contender with its answers in memory: what a FastAPI user would write who holds the bytes by their address."""

import os
from pathlib import Path

from fastapi import FastAPI, Response

ROOT = Path(os.environ["BENCH_FILES"])
BODIES = {str(file.relative_to(ROOT)): file.read_bytes() for file in ROOT.rglob("*") if file.is_file()}

app = FastAPI()


@app.get("/{path:path}")
async def get(path: str) -> Response:
    return Response(BODIES[path], media_type="application/json")
