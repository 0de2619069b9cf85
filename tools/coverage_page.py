"""Write docs/coverage.md: every operation of the service models, served or refused."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import botocore
from botocore.loaders import Loader

from page import ROOT, keep
from recognizance.service import served

HOUSE = ROOT / "src" / "recognizance" / "wire" / "models"
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "Faces in pictures": ("DetectFaces", "CompareFaces"),
    "Collections, faces and users": (
        "CreateCollection", "DescribeCollection", "ListCollections", "DeleteCollection", "IndexFaces", "ListFaces",
        "SearchFaces", "SearchFacesByImage", "DeleteFaces", "CreateUser", "ListUsers", "AssociateFaces",
        "DisassociateFaces", "SearchUsers", "SearchUsersByImage", "DeleteUser",
    ),
    "Face liveness": ("CreateFaceLivenessSession", "GetFaceLivenessSessionResults"),
    "Celebrities": ("RecognizeCelebrities", "GetCelebrityInfo"),
    "Labels, text, moderation, protective equipment": (
        "DetectLabels", "DetectText", "DetectModerationLabels", "DetectProtectiveEquipment",
    ),
    "Stored video": (
        "StartFaceDetection", "GetFaceDetection", "StartFaceSearch", "GetFaceSearch", "StartPersonTracking",
        "GetPersonTracking", "StartLabelDetection", "GetLabelDetection", "StartTextDetection", "GetTextDetection",
        "StartContentModeration", "GetContentModeration", "StartCelebrityRecognition", "GetCelebrityRecognition",
        "StartSegmentDetection", "GetSegmentDetection",
    ),
    "Streaming video": (
        "CreateStreamProcessor", "DescribeStreamProcessor", "ListStreamProcessors", "StartStreamProcessor",
        "StopStreamProcessor", "UpdateStreamProcessor", "DeleteStreamProcessor",
    ),
    "Custom labels": (
        "CreateProject", "DescribeProjects", "DeleteProject", "CreateProjectVersion", "DescribeProjectVersions",
        "StartProjectVersion", "StopProjectVersion", "DeleteProjectVersion", "CopyProjectVersion",
        "CreateDataset", "DescribeDataset", "UpdateDatasetEntries", "ListDatasetEntries", "ListDatasetLabels",
        "DistributeDatasetEntries", "DeleteDataset", "DetectCustomLabels",
    ),
    "Many pictures at once": ("StartMediaAnalysisJob", "GetMediaAnalysisJob", "ListMediaAnalysisJobs"),
    "Tags and project policies": (
        "TagResource", "UntagResource", "ListTagsForResource", "PutProjectPolicy", "ListProjectPolicies",
        "DeleteProjectPolicy",
    ),
}  # fmt: skip
NOTES: Mapping[str, str] = {
    "DetectFaces": "Whole, every attribute included. `Emotions` never has `CONFUSED`: see "
    "[attributes.md](attributes.md).",
    "IndexFaces": "Whole, `DetectionAttributes` included.",
    "CompareFaces": "Whole. Similarity is on a scale of its own, the same for every model: see `ExplainSimilarity`.",
}
"""What a served operation leaves out or does in its own way; every other served one is whole."""


def page() -> str:
    """Return the whole page. Raises `ValueError` when the families and the service model disagree."""
    theirs, ours = _model("rekognition"), _model("recognizance")
    named = [name for names in FAMILIES.values() for name in names]
    wrong = set(named) ^ set(theirs) | {name for name in named if named.count(name) > 1}
    if wrong:
        raise ValueError(f"FAMILIES and the service model differ on {', '.join(sorted(wrong))}")
    if stray := set(NOTES) - served():
        raise ValueError(f"NOTES speaks of what is not served: {', '.join(sorted(stray))}")
    parts = [_head(theirs), *(_family(title, names) for title, names in FAMILIES.items()), _house(ours)]
    return "\n".join(parts)


def _head(theirs: Mapping[str, Any]) -> str:
    count = len(served() & set(theirs))
    return f"""\
<!-- GENERATED from the table of operations by `python tools/coverage_page.py`. Do not edit. -->

# Coverage

{count} of Amazon Rekognition's {len(theirs)} operations are served (service model of botocore {botocore.__version__}). The other
{len(theirs) - count} are refused with HTTP 501, `NotImplementedException` and a sentence; none pretends to have succeeded.
`Image` takes `Bytes`, and `S3Object` where the operator has configured S3.
"""  # noqa: E501 - a line of the page


def _family(title: str, names: tuple[str, ...]) -> str:
    rows = "".join(
        f"| `{name}` | {'**served**' if name in served() else 'refused'} | {NOTES.get(name, '')} |\n" for name in names
    )
    return f"## {title}\n\n| operation | here | notes |\n| --- | --- | --- |\n{rows}"


def _house(ours: Mapping[str, Any]) -> str:
    rows = "".join(
        f"| `{name}` | {'**served**' if name in served() else 'refused'} | {said.get('documentation', '')} |\n"
        for name, said in sorted(ours.items())
    )
    return f"""\
## Ours, not Rekognition's

Described in botocore's own format in `src/recognizance/wire/models`, so that any AWS client given that folder as
`AWS_DATA_PATH` can call them as the service `recognizance`; docs/tutorial.md shows how.

| operation | here | what it does |
| --- | --- | --- |
{rows}"""


def _model(service: str) -> Mapping[str, Any]:
    loader = Loader(extra_search_paths=[str(HOUSE)])
    operations: Mapping[str, Any] = loader.load_service_model(service, "service-2")["operations"]
    return operations


if __name__ == "__main__":
    keep("coverage.md", page(), sys.argv[1:])
