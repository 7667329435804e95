"""What the flights and the stays of Duffel have in common: one API, one token, one queue."""
