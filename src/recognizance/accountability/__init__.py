"""Who may ask, what they may ask, and what is kept of it."""
