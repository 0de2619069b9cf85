"""Nearest vectors by cosine, one module for each way to find them."""
