"""The peer as a child process: a path in, the milliseconds face_recognition took for it out, as JSON lines.

Runs in an environment of its own that has `face_recognition`, so it imports nothing of ours. What is
timed is what its manual shows: load the file, locate the faces (HOG), encode each of them.
"""

import json
import sys
import time
from importlib.metadata import version

import dlib
import face_recognition
import numpy


def main() -> None:
    """Say what dlib was built with, then answer a line for each line."""
    built = {
        "dlib": dlib.__version__,
        "avx": bool(getattr(dlib, "USE_AVX_INSTRUCTIONS", False)),
        "blas": bool(getattr(dlib, "DLIB_USE_BLAS", False)),
        "cuda": bool(getattr(dlib, "DLIB_USE_CUDA", False)),
        "face_recognition": version("face_recognition"),
        "numpy": numpy.__version__,
    }
    print(json.dumps(built), flush=True)
    for line in sys.stdin:
        path = json.loads(line)
        began = time.perf_counter_ns()
        picture = face_recognition.load_image_file(path)
        places = face_recognition.face_locations(picture)
        found = face_recognition.face_encodings(picture, places)
        took = (time.perf_counter_ns() - began) / 1e6
        print(json.dumps({"ms": took, "faces": len(found)}), flush=True)


main()
