"""The itinerary engine: pure functions over plain data, no I/O, no clock."""
