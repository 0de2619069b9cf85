"""The experiments, one module each: what is compared with what, and what is counted. Pure: no file, no clock."""
