"""What an edition tells: `items` in words, chosen for a group of readers by `composition`, made a mail by `rendering`.

`archive` keeps what the edition for every topic told, and `archive_views` show it to anybody.
"""
