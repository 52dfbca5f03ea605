"""Speed side by side: the product, the same bytes from nginx, the same payload from FastAPI and asyncpg."""
