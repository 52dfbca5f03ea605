"""Two tools side by side, and the verdict; every read that spans the other apps."""
