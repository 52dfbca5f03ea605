"""How an edition goes out: `editions` is its life, due by the `schedule`; a worker's `sender` sends its copies.

`faults` says what a failure means, `rates` how fast a server lets us be; at `failpoints` tests kill a sender.
"""
