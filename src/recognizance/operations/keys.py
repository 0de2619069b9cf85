"""Who may ask: access keys, their rotation and end, and sessions narrowed from them."""
