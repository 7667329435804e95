"""A twin of the Duffel API v2 over the invented schedule."""
