"""The ground floor: tools, categories, prices, and the slugs that tools once had."""
