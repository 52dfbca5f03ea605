"""What schemathesis must know that OpenAPI can't say."""

from typing import Any

import schemathesis


@schemathesis.hook
def filter_query(context: Any, query: Any) -> bool:
    """With `fields=` an answer leaves out properties on purpose; tests hold those answers to the schema."""
    return not query or "fields" not in query
