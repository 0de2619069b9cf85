"""How wrong is it: protocols, rates with intervals, calibration and the page that reports them.

Nothing here runs while the server answers. Functions take cosines, vectors and names, and are pure;
only `datasets` and `embedding` read files.
"""
