"""The type of what JSON holds."""

from typing import Any, TypeAlias

# Any: schemas and the readers of a document check its shape, which types can't follow.
Json: TypeAlias = Any
