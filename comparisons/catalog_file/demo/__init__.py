"""Content for a first look: real tools and prices, reviews and votes of our own making."""
