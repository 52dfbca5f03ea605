"""Readers who vote: their tokens, what a token costs, and the export and erasure of all that is kept."""
