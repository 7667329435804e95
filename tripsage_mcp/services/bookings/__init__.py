"""Buying flights: what is asked first, what is sent once, what is found again."""
