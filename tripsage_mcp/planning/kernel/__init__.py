"""The inner search on flat sequences: one source, run as it is or compiled."""
