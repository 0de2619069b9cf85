"""The wiring: from settings to the service and its edges. The only place that builds."""

from __future__ import annotations
