"""Two tools side by side: curated and computed pairs, picks, and line-ups of several tools."""
