"""Drafts as readers will see them, before they are published, for everybody who has a signed link."""
