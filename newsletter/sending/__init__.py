"""How an edition goes out: `editions` is its life, `sender` one worker's round.

An edition: `schedule` says when it is due, `freezing` copies the content in, `periods` says since when it tells,
`segments` groups its readers by their choices, `preparing` adds their copies.
`identity` says whether this database is the one that sends, `mailings` is the journal of what was mailed.
A round: `queue` holds the copies it has claimed, `connections` send them, `breaker` stops it, `rates` knows how fast a
server takes mail, `stopping` hears that the process shall end, `retries` waits for the database.
"""
