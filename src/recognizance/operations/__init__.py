"""Rekognition's families of operations, our own one, and the table of what is served."""

from recognizance.operations import (
    analysis,
    audits,
    collections,
    controls,
    faces,
    grounds,
    house,
    keys,
    moving,
    policies,
    records,
    reports,
    reviews,
    tags,
    users,
    witness,
)
from recognizance.operations.call import Operation

FAMILIES = (
    analysis,
    audits,
    collections,
    controls,
    faces,
    grounds,
    house,
    keys,
    moving,
    policies,
    records,
    reports,
    reviews,
    tags,
    users,
    witness,
)
OPERATIONS = {
    found.name: found for family in FAMILIES for found in vars(family).values() if isinstance(found, Operation)
}
