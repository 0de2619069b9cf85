"""Measurements of what is said of faces beyond their place."""
