"""How the verdict on a pair changed, and what caused each change."""
