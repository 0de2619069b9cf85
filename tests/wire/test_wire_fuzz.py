"""A few hundred damaged requests; `python tools/fuzz_requests.py` sends as many as one likes."""

from tools.fuzz_requests import fuzz


def test_damaged_requests_are_refused_and_break_nothing():
    report = fuzz(400, seed=20261123, limit=5.0)
    assert report.failures == []
    assert {"SerializationException", "ValidationException", "InvalidSignatureException"} <= set(report.codes)
