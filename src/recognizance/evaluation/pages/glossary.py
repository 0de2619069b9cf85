"""The words of the field, each in a sentence that anybody understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A word as a glossary heads it, and what it means."""

    name: str
    means: str


TERMS: Mapping[str, Term] = {
    "similarity": Term(
        "Similarity",
        "A number from 0 to 100 that says how seldom two pictures of two different people are as alike as these two; "
        "it is not the chance that they show one person.",
    ),
    "threshold": Term(
        "Threshold",
        "The Similarity from which on two pictures count as a match: a higher one takes fewer people for someone else "
        "and misses more.",
    ),
    "match": Term("Match", "Two pictures whose Similarity reaches the threshold, whether they show one person or not."),
    "false match": Term("False match", "A match of two pictures that show two different people."),
    "probe": Term("Probe", "The picture of the person who is looked for."),
    "gallery": Term("Gallery", "The pictures that a probe is compared with, as a watch list or a register is."),
    "mated": Term("Mated", "Said of a probe whose person is in the gallery, under another picture."),
    "nonmated": Term("Nonmated", "Said of a probe whose person is not in the gallery, so that every match is false."),
    "template": Term("Template", "The list of numbers that a face is turned into, and that is compared with others."),
    "fmr": Term(
        "False match rate (FMR)",
        "Of all comparisons of two different people, the share in which one was taken for the other.",
    ),
    "fnmr": Term(
        "False non-match rate (FNMR)",
        "Of all comparisons of two pictures of one person, the share in which the person was missed.",
    ),
    "fpir": Term(
        "False positive identification rate (FPIR)",
        "Of all searches for people who are not in the gallery, the share in which at least one stranger came up; it "
        "grows with the gallery.",
    ),
    "fnir": Term(
        "False negative identification rate (FNIR)",
        "Of all searches for people who are in the gallery, the share in which they were missed.",
    ),
    "hit rate": Term(
        "Hit rate (TPIR)", "Of all searches for people who are in the gallery, the share in which they were found."
    ),
    "failure to enrol": Term(
        "Failure to enrol",
        "A picture in which no face could be found or read, so that its person can neither be found nor mistaken.",
    ),
    "rank": Term(
        "Rank",
        "The place of the right person in the list that a search gives, the most alike first: rank 1 is the top.",
    ),
    "roc": Term(
        "ROC curve",
        "A line that shows, for every threshold, how many are found against how many are taken for someone else.",
    ),
    "det": Term(
        "DET curve",
        "A line that shows, for every threshold, how many are missed against how many are taken for someone else; "
        "lower is better.",
    ),
    "interval": Term(
        "95 % interval",
        "The range in which the true rate lies, as far as chance goes: of 100 ranges made this way, some 95 hold it.",
    ),
    "rule of three": Term(
        "Rule of three", "Where nothing went wrong in n trials, the true rate is still only known to be below 3 in n."
    ),
    "bootstrap": Term(
        "Bootstrap",
        "A way to find an interval: the people are drawn anew from those there are, many times, and the spread of the "
        "results is looked at.",
    ),
    "extrapolated": Term(
        "Extrapolated",
        "Estimated beyond what was measured, from the shape of what was; it rests on an assumption that the data "
        "cannot prove.",
    ),
    "curve": Term(
        "Published curve",
        "The table, published with the model, that says how often two strangers reach each Similarity; from it the "
        "number of false matches is predicted.",
    ),
    "group": Term(
        "Group",
        "People whom the tables that came with the pictures describe by the same word, such as a sex or an age; the "
        "audit takes that word as it is.",
    ),
    "ratio": Term(
        "Ratio", "How many times as often a thing happened to one group as to another; 1 means equally often."
    ),
    "withheld": Term(
        "Withheld",
        "A figure that is not shown because it is of fewer than ten people, or because what such a group has would "
        "follow from it: it would say little of the group, and too much of them.",
    ),
    "intersection": Term("Intersection", "A group by two descriptions at once, such as women over 60."),
    "fingerprint": Term(
        "Fingerprint (SHA-256)",
        "A short code worked out from data that changes when anything in the data does: two that are equal are of "
        "the same data.",
    ),
    "seed": Term("Seed", "The number from which everything drawn by chance is drawn, so that it can be drawn again."),
    "exclusion": Term(
        "Exclusion", "A picture or a person left out because a list says so, for instance for a wrong label."
    ),
    "iou": Term(
        "Overlap (IoU)",
        "How much two boxes around a face agree: the area they share over the area that they cover together.",
    ),
    "precision": Term("Precision", "Of all faces that were reported, the share that are faces."),
    "recall": Term("Recall", "Of all faces that are in the pictures, the share that were found."),
    "margin": Term("Margin", "By how much a new model may be worse than the old one and still replace it."),
    "gate": Term("Gate", "A test that a change has to pass before it is put to use."),
    "tail": Term(
        "Tail", "The few strangers who are most alike: so rare that how rare they are has to be worked out from others."
    ),
    "attribute": Term(
        "Attribute",
        "What is told of how a face looks in a picture, such as that it wears glasses, that it smiles or how old it "
        "may be; it says nothing else of a person.",
    ),
    "confidence": Term(
        "Confidence",
        "How sure the server says it is of what it says: of faces of which something is said with 90, it should be so "
        "of 90 in 100; 50 means that it cannot be told.",
    ),
    "balanced accuracy": Term(
        "Balanced accuracy",
        "The mean of how often an attribute is told right where it is so and where it is not, so that a rare value "
        "counts as much as a common one; guessing earns 50 %.",
    ),
    "auc": Term(
        "Area under the curve (AUC)",
        "Of two faces of which one is so and the other is not, how often the first was said to be likelier so; 1 is "
        "always, 0.5 is guessing.",
    ),
    "calibration error": Term(
        "Calibration error (ECE)", "How far a stated confidence is, on average, from how often it turns out right."
    ),
    "gini": Term(
        "Gini coefficient",
        "How unequally errors fall on the groups: 0 where all fare alike, near 1 where one bears all.",
    ),
}
"""Each term by a short name, by which a page asks for it."""


def term(name: str) -> Term:
    """Return a term. Raises `ValueError` for one that is not there."""
    if name not in TERMS:
        raise ValueError(f"the glossary has no {name!r}; it has {', '.join(sorted(TERMS))}")
    return TERMS[name]
