"""Weather providers."""
