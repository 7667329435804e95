"""Who flies where, when and for how much, in the invented world."""
