"""Primary keys of every app's rows."""

import uuid
from datetime import datetime

import uuid_utils.compat


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): ids sort by the millisecond they were made in."""
    return uuid_utils.compat.uuid7()


def id_before(moment: datetime) -> uuid.UUID:
    """Smaller than each id that is made in the millisecond of this moment or later, and no row's."""
    return uuid.UUID(int=(int(moment.timestamp()) * 1_000 + moment.microsecond // 1_000) << 80)
