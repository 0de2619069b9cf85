"""Counting and what it is worth: comparisons, rates with their intervals, tails, and what a curve lets one expect."""
