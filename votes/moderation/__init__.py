"""What staff see of votes over time, and the actions they take on a span of it."""
