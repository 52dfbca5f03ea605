"""The content of an edition: `items` in words; `composition` chooses them for a group of readers, `rendering` makes a mail.

`archive` stores the edition for every topic, and `archive_views` publish it.
"""
