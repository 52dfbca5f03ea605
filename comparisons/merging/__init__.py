"""Tools that are one product: which look so, and how one takes over what the other has."""
