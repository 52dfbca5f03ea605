"""Pages of the desk that show a tool with all that reviewers and readers say of it."""
