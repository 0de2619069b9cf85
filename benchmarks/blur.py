"""What a face matcher still knows of a face that an audit's page shows blurred: `portrait.cut_out(blurred=True)`.

    python -m benchmarks.blur FOLDER [--data DIR] [--pictures 120]

Each picture of the folder is taken for one person. Its face is cut out sharp and blurred, and both go through the
product's own detector and matcher: counted are the blurred ones in which a face is found, those nearest to their own
sharp portrait, which is the same picture, among all, and how alike the most alike are.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from recognizance import app
from recognizance.cli.made import Made
from recognizance.evaluation.sets.subjects import PICTURES
from recognizance.vision.image import decode
from recognizance.vision.portrait import GRAINS, cut_out


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    given = Made(app.open_service, app.serve, environment={}, new_id=app.new_uuid, now=app.utc_now)
    pipeline = app.pipeline(given.settings(data=asked.data, threads=1), face="central")
    sharp, blurred = [], []
    for path in sorted(one for one in asked.folder.iterdir() if one.suffix.lower() in PICTURES)[: asked.pictures]:
        data = path.read_bytes()
        face = pipeline.look(data).chosen
        if face is None:
            continue
        own, hidden = (pipeline.see(cut_out(decode(data), face, blurred=one)).vector for one in (False, True))
        if own is not None:
            sharp.append(own)
            blurred.append(np.zeros_like(own) if hidden is None else hidden)
    cosines = np.array(blurred) @ np.array(sharp).T
    found = np.any(np.array(blurred), axis=1)
    own_ = np.diag(cosines)
    nearest = int(((cosines.argmax(axis=1) == np.arange(len(cosines))) & found).sum())
    print(f"{len(cosines)} portraits blurred to {GRAINS} by {GRAINS}: a face is found in {int(found.sum())}, of which")
    print(f"{nearest} are nearest to their own sharp portrait; the most alike have Similarity ", end="")
    print(f"{float(pipeline.similarity.of(own_[found]).max()):.0f}" if found.any() else "none")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.blur", description="Look for blurred faces.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, help="the data folder with the models")
    parser.add_argument("--pictures", type=int, default=120)
    return parser


if __name__ == "__main__":
    main()
