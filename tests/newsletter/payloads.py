"""Two hundred texts that try to end a header and begin another."""

_BREAKS = [
    "\r\n", "\n", "\r", "\n\r", "\r\n\r\n", "\n\n", "\r\n ", "\r\n\t", "\x00", "\x00\r\n", "\u2028", "\u2029",
    "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\u2028\n", "=?utf-8?q?=0d=0a?=\r\n",
]  # fmt: skip
_HEADERS = [
    "Bcc: eve@example.com",
    "To: eve@example.com",
    "Subject: Cheap pills",
    "Content-Type: text/html\r\n\r\n<b>Cheap</b>",
    "X-Injected: yes",
    "Reply-To: eve@example.com",
    "From: eve@example.com",
    "\r\n.\r\nMAIL FROM:<eve@example.com>",
    "Sender: eve@example.com",
    "List-Unsubscribe: <https://example.com>",
]

HEADER_INJECTIONS = [f"{line_break}{header}" for line_break in _BREAKS for header in _HEADERS]
assert len(HEADER_INJECTIONS) == 200
