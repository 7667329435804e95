"""The HTTP facade over the same services."""
