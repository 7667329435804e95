"""What a visitor must know of a place."""
