"""How wrong is it: protocols, rates with intervals, calibration and the page that reports them.

Nothing here runs while the server answers. Functions take cosines, vectors and names, and are pure;
only those that read sets, boxes and pictures touch files: `subjects`, `boxes`, `datasets`, `embedding`, `kept`.
"""
