"""Catalog files that curators send with a browser, and those that they take along."""
