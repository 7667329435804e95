"""Finding flights: search, offers in full, the cheapest dates."""
