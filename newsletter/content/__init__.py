"""The content of an edition: `gathering` finds the stories for a group of readers, `composition` makes a mail of them.

`items` says what an item is; those of pairs, reviews and crowds have a module each, on `words` that are clean.

`archive` stores the edition for every topic, and `archive_views` publish it.
"""
