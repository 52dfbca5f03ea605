"""What readers say: votes on tools, picks of pairs, and the tallies that count them."""
