"""The contender: pages and voting as a FastAPI user would write them, with asyncpg, plain dicts and orjson."""
