"""Votes and picks as voters cast, change, withdraw and list them."""
