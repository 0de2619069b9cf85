"""The published forms of audits' reports, as validators."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
from referencing import Registry, Resource

FOLDER = Path(__file__).parents[1] / "docs" / "audit"


def schema(name):
    """Return the form of a protocol's report, or "common"."""
    return json.loads((FOLDER / f"{name}.schema.json").read_text())


def validator(name):
    """Return what holds a document against a form; it may refer to the others by their `$id`."""
    resources = [Resource.from_contents(json.loads(path.read_text())) for path in sorted(FOLDER.glob("*.schema.json"))]
    registry = Registry().with_resources([(one.id(), one) for one in resources])
    form = schema(name)
    jsonschema.Draft202012Validator.check_schema(form)
    return jsonschema.Draft202012Validator(form, registry=registry)
