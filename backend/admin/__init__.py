"""What the admin pages of every app share and no app owns."""
