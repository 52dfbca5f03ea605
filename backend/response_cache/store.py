"""Keeps responses by address within a number of bytes; what is asked for once gives way to what is asked for again."""

from collections import OrderedDict
from threading import Lock

from backend.response_cache.responses import CachedResponse

# New responses have this part of the bytes, and those that were asked for again the rest: S3-FIFO (Yang et al., SOSP 2023).
NEW_PART = 1 / 8
# More uses than these make no difference.
MOST_USES = 3
# So many other spellings of an address are known; the rest are put in order anew each time.
MOST_ALIASES = 4
# What each takes beside its text.
ALIAS_BYTES = 200


class Entry:
    """One address. Its response is replaced when it is rendered anew, so what is asked for often stays."""

    __slots__ = ("address", "aliases", "response", "size", "uses")

    def __init__(self, address: str, response: CachedResponse) -> None:
        self.address = address
        self.response = response
        # Since it last was the oldest.
        self.uses = 0
        self.aliases: list[str] = []
        self.size = 0

    def use(self) -> None:
        if self.uses < MOST_USES:
            self.uses += 1


class Store:
    """
    Looking up takes no lock and moves nothing.

    New responses queue in `_new`. The oldest leaves it when room is needed, or goes to `_kept` where it was asked for
    again; there each round of the queue takes one of its uses away. So addresses that are asked for once or twice push
    nothing out but each other.
    """

    def __init__(self, *, limit: int) -> None:
        """`limit`: bytes."""
        self.size = 0
        self._limit = limit
        self._entries: dict[str, Entry] = {}
        self._new: OrderedDict[str, Entry] = OrderedDict()
        self._kept: OrderedDict[str, Entry] = OrderedDict()
        self._new_size = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._new) + len(self._kept)

    def find(self, alias: str) -> Entry | None:
        """By the address, or by an alias."""
        return self._entries.get(alias)

    def put(self, address: str, response: CachedResponse) -> None:
        """Keep a response, unless it would take more than the part of new ones."""
        with self._lock:
            entry = self._entries.get(address)
            if entry is None:
                entry = self._entries[address] = self._new[address] = Entry(address, response)
            # One from before a change may come later than one from after it.
            if response.generation >= entry.response.generation:
                entry.response = response
            self._measure(entry)
            if entry.size > self._limit * NEW_PART:
                self._remove(entry)
            self._make_room()

    def add_alias(self, alias: str, address: str) -> None:
        """Find the address by another spelling of it too."""
        with self._lock:
            entry = self._entries.get(address)
            if entry and alias not in self._entries and len(entry.aliases) < MOST_ALIASES:
                entry.aliases.append(alias)
                self._entries[alias] = entry
                self._measure(entry)
                self._make_room()

    def measure(self, address: str) -> None:
        """To be called when its response has got another variant."""
        with self._lock:
            # It may have been removed meanwhile.
            if entry := self._entries.get(address):
                self._measure(entry)
                self._make_room()

    def _measure(self, entry: Entry) -> None:
        aliases = (len(alias) + ALIAS_BYTES for alias in (entry.address, *entry.aliases))
        self._resize(entry, entry.response.size + sum(aliases))

    def _resize(self, entry: Entry, size: int) -> None:
        self.size += size - entry.size
        if entry.address in self._new:
            self._new_size += size - entry.size
        entry.size = size

    def _make_room(self) -> None:
        while self.size > self._limit:
            is_new = bool(self._new) and (self._new_size > self._limit * NEW_PART or not self._kept)
            entry = next(iter((self._new if is_new else self._kept).values()))
            if not entry.uses:
                self._remove(entry)
                continue
            entry.uses -= 1
            if is_new:
                self._new_size -= entry.size
                del self._new[entry.address]
                self._kept[entry.address] = entry
            else:
                self._kept.move_to_end(entry.address)

    def _remove(self, entry: Entry) -> None:
        self._resize(entry, 0)
        self._new.pop(entry.address, None)
        self._kept.pop(entry.address, None)
        for alias in (entry.address, *entry.aliases):
            del self._entries[alias]
