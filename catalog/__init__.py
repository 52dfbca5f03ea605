"""Tools, their categories and prices, and the slugs that tools once had. Every other app builds on it."""
