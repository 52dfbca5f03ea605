"""The weekly mail: who gets it, what is in it, and what became of each copy."""
