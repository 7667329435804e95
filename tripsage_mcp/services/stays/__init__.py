"""Finding stays in several sources."""
