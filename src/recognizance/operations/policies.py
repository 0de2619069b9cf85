"""The policy, as whoever is bound by it may ask: what it is, and what it would say."""
