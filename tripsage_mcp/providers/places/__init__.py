"""Place providers."""
