"""Finding places, and the ways between them."""
