"""Drafts as readers will see them, before they are published, for whoever has a signed link."""
