"""What the panel says: reviewers, their reviews of tools, and the panel's count."""
