"""Day-by-day plans: built, revised, checked."""
