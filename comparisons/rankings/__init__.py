"""Tools in the order of the panel or of the crowd."""
