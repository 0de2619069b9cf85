"""The peer's templates of many pictures, kept in a file: `face_recognition` as its manual uses it, the largest face.

Runs in an environment of its own that has `face_recognition`, so it imports nothing of ours:

    python benchmarks/peer_templates.py LIST OUT

LIST is a text file with a path on each line, OUT an .npz file: `paths`, `vectors` (128 numbers a picture, zeros where
no face was found) and `faces`, how many were. Run again, it goes on where it was stopped.
"""

import sys
from pathlib import Path

import face_recognition
import numpy as np

EVERY = 100  # pictures between two times that the file is written


def main() -> None:
    """Make what is not there yet."""
    listed, out = (Path(one) for one in sys.argv[1:3])
    paths = [line for line in listed.read_text(encoding="utf-8").splitlines() if line]
    known: dict[str, tuple[np.ndarray, int]] = {}
    if out.is_file():
        with np.load(out) as kept:
            rows = zip(kept["paths"], kept["vectors"], kept["faces"], strict=True)
            known = {str(path): (vector, int(faces)) for path, vector, faces in rows}
    for path in (one for one in paths if one not in known):
        known[path] = template(path)
        if len(known) % EVERY == 0:
            write(out, known)
            print(f"{len(known):,} of {len(paths):,}", flush=True)
    write(out, known)


def template(path: str) -> tuple[np.ndarray, int]:
    """Return the template of the largest face of a picture, zeros where there is none, and how many there are."""
    picture = face_recognition.load_image_file(path)
    places = face_recognition.face_locations(picture)
    if not places:
        return np.zeros(128), 0
    largest = max(places, key=lambda box: (box[2] - box[0]) * (box[1] - box[3]))
    return face_recognition.face_encodings(picture, [largest])[0], len(places)


def write(out: Path, known: dict[str, tuple[np.ndarray, int]]) -> None:
    """Write all that is known, whole or not at all."""
    draft = out.with_suffix(".part.npz")
    np.savez(
        draft,
        paths=np.array(list(known)),
        vectors=np.stack([vector for vector, _ in known.values()]),
        faces=np.array([faces for _, faces in known.values()]),
    )
    draft.replace(out)


if __name__ == "__main__":
    main()
