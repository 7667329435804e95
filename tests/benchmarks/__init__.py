"""Measurements, run by hand with `make bench`: ratios against a bare server in the same run."""
