"""The desk's first page, and its page that shows a tool with all that reviewers and readers say of it."""
