"""The whole catalog as one file: its format, import, export and the demo's content."""
