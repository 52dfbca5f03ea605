"""The application, with its pool of connections; asyncpg prepares each statement once a connection."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI

from bench.fastapi import comparisons, rankings, tools, votes


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=8) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)
for subject in (tools, comparisons, rankings, votes):
    app.include_router(subject.router)
