"""What is remembered of the traveller."""
