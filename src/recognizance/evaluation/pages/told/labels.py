"""The page of `recognizance audit labels`: pictures to look at, two by two, and what to look for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.page import Page, Pair, Section
from recognizance.evaluation.pages.told import BEARABLE, FEWEST, count, percent, several
from recognizance.evaluation.words import number, share

Figures = Mapping[str, Any]

WHAT: Mapping[str, str] = {
    "same file under two names": "One file lies under two people. It can show only one of them: find out which, and "
    "exclude the other.",
    "same picture under two names": "Two files show the same photograph, perhaps cropped or stored anew. One of the "
    "two names is wrong, unless one person has two names.",
    "picture of another person": "The first picture is like the second person and unlike the others of its own name. "
    "If it shows the second person, exclude it.",
    "one person under two names": "Most pictures of the two are as alike as strangers never are. Look for spellings of "
    "one name, married names and nicknames; brothers, sisters and twins are two people and stay.",
    "two people too alike": "Two people who are more alike than strangers are. One person under two names, a wrong "
    "picture, or kin: kin stay.",
    "unlike the others of this person": "A picture that is no more like the others of its name than a stranger's. It "
    "may show somebody else, or another face in the picture was taken; age, a beard, glasses and a turned head make "
    "one person unlike, too.",
}
"""What each kind of suspicion is, and what decides it."""

LOOK = (
    "Look at what does not change: the shape of the ears, the lines between nose and mouth, the spacing of the eyes, "
    "scars and moles; then at the clothes and the background, which tell one photograph from two. Do not go by age, "
    "hair, glasses or the light. Where you cannot tell, leave the label as it is: an exclusion takes an error out of "
    "the figures, and a wrong one flatters them."
)
DECIDE = (
    "In the list (--write) put the word exclude into the column decision of each row whose picture is under the wrong "
    "name, or exclude person where all pictures of that person should go; leave the others empty. Then give the list "
    "to any audit: --exclude LIST.csv. Nothing is left out that you have not marked; every report says how much was."
)
TERMS = ("similarity", "curve", "exclusion", "mated", "nonmated", "fingerprint")


def page(document: Mapping[str, Any], pictures: Mapping[int, Pair] | None = None) -> Page:
    """Return the page of an audit of labels, from its document; `pictures` are of the suspicions, by their places."""
    result: Figures = document["result"]
    suspects = result["suspects"]
    few = _few(document)
    return Page(
        title="Which labels are likely wrong",
        verdict=_verdict(result, few=few),
        alarm="care" if suspects or few else "good",
        tested=(
            f"{count(result['pictures'], 'picture')} of {count(result['people'], 'person', 'people')}: each compared "
            f"with every other, {number(result['nonmated'])} pairs of two people and {number(result['mated'])} of one."
        ),
        wrong=_wrong(result),
        whom=_whom(result),
        what_to_set=DECIDE,
        sections=[
            Section("How to look", [LOOK]),
            *_by_kind(result, pictures or {}),
            _method(result),
        ],
        terms=TERMS,
    )


def _few(document: Figures) -> bool:
    """Say whether that nothing is suspected means nothing: few pictures with a face, or none to hold them against."""
    result, counts = document["result"], document["problems"]["counts"]
    lost = counts.get("no face", 0) + counts.get("unreadable", 0)
    alone = not result["mated"] or not result["nonmated"]
    return bool(alone or result["pictures"] - lost < FEWEST or lost >= BEARABLE * result["pictures"])


def _verdict(result: Figures, *, few: bool) -> str:
    suspects = len(result["suspects"])
    if not suspects and few:
        return (
            "No label looks wrong, but these are too few pictures to say: it takes "
            f"{FEWEST} with a face, of two people or more, some with several, and a face in "
            f"{share(1 - BEARABLE)} of all."
        )
    if not suspects:
        return "No label looks wrong; that is no proof that all are right."
    people = count(result["people"], "person", "people")
    return f"{count(suspects, 'label')} among those of {people} may be wrong: somebody has to look."


def _wrong(result: Figures) -> str:
    counts = {kind: many for kind, many in result["counts"].items() if many}
    if not counts:
        return "Nothing was found."
    chance = number(result["expected"])
    return (
        f"Suspected: {several([f'{kind} ({number(many)})' for kind, many in counts.items()])}. Of the people who are "
        f"too alike, about {chance} may be there by chance alone."
    )


def _whom(result: Figures) -> str:
    people = {one["person"] for one in result["suspects"]} | {
        one["other_person"] for one in result["suspects"] if one["other_person"] != one["person"]
    }
    if not people:
        return "Nobody."
    return f"It is about {count(len(people), 'person', 'people')}; they are named below."


def _by_kind(result: Figures, pictures: Mapping[int, Pair]) -> list[Section]:
    sections: list[Section] = []
    for kind, many in result["counts"].items():
        if not many:
            continue
        here = [(at, one) for at, one in enumerate(result["suspects"]) if one["kind"] == kind]
        shown = [pictures[at] for at, _ in here if at in pictures]
        why = len(shown) < len(here)  # a picture's caption says it, too
        rows = [
            [str(at + 1), one["file"], one["other_file"], *([one["said"]] if why else []), f"{one['score']:.1f}",
             f"{one['cosine']:.3f}"]
            for at, one in here
        ]  # fmt: skip
        columns = ("No.", "Picture", "and", *(("Why",) if why else ()), "Score", "Cosine")
        table = Table(columns, rows, left=3 + why, caption=f"Suspected: {kind}")
        sections.append(Section(f"{kind[0].upper()}{kind[1:]} ({number(many)})", [WHAT[kind], *shown, table]))
    return sections


def _method(result: Figures) -> Section:
    return Section(
        "How they were found",
        [
            f"Two people are suspected from Similarity {percent(round(result['similarity'], 1))} on: by the published "
            f"curve, {number(round(result['expected'], 1))} pairs of strangers are to be expected there among so many "
            "people, so about as many of these suspicions are of strangers, and more where there are kin. A picture is "
            "suspected for itself where half of its comparisons with the others of its name, or more, are below "
            "Similarity 40, which one in a hundred pairs of strangers reaches. Scores are from 0 to 100, the higher "
            "the surer: for two people the Similarity of the two pictures, for a picture unlike the others 100 less "
            "its Similarity to them.",
            "What is not found: two wrong pictures of the same stranger under one name of three or four pictures, and "
            "two names for one person whose pictures are far apart in time.",
        ],
        folded=True,
    )
