"""Primary keys of every app's rows."""

import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): ids sort by the millisecond they were made in."""
    return uuid_utils.compat.uuid7()
