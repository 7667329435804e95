"""A journey as a file: calendar, map data, text, page, print. Pure writers of frozen data."""
