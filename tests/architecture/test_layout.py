"""Facts about the code itself."""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "recognizance").rglob("*.py"))

# A heavy library has one importing module or package, so that nothing else can grow a habit of it.
HOMES = {
    "openvino": {"vision/runtime.py"},
    "onnxruntime": {"vision/runtime.py"},
    "uvicorn": {"wire"},
    "botocore": {"wire", "media/s3.py", "cli/remote.py", "cli/endpoint.py"},
    "boto3": {"media/s3.py", "cli/remote.py", "cli/endpoint.py"},
    "sqlalchemy": {"database", "gallery", "accountability"},
    "alembic": {"database"},
    "cryptography": {"accountability"},
    "psycopg": {"database"},
    "cedarpy": {"accountability/cedar.py"},
    "pymilvus": {"gallery/indexes/milvus.py"},
    "faiss": {"gallery/indexes", "evaluation/search_speed.py"},
    "scipy": {"evaluation"},
    "matplotlib": {"evaluation/pages/charts.py"},
    "typer": {"cli"},
    "rich": {"cli"},
}


@functools.cache
def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_heavy_library_is_imported_in_its_home_only(library):
    strangers = []
    for path in SOURCES:
        place = path.relative_to(ROOT / "src" / "recognizance").as_posix()
        at_home = any(place == home or place.startswith(f"{home}/") for home in HOMES[library])
        if library in imported(path) and not at_home:
            strangers.append(place)
    assert strangers == []


def test_importing_the_package_loads_nothing_heavy():
    heavy = ["numpy", "openvino", "onnx", "cv2", "PIL", "botocore", "boto3", "uvicorn", "sqlalchemy", "alembic"]
    heavy += ["faiss", "typer", "rich", "scipy", "matplotlib"]
    program = f"import sys, recognizance; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"


def test_every_module_says_what_it_is_for():
    assert [str(path) for path in SOURCES if ast.get_docstring(ast.parse(path.read_text())) is None] == []


def test_no_module_is_called_after_nothing():
    empty = {"utils", "util", "common", "core", "helpers", "manager", "base", "misc"}
    assert [str(path) for path in SOURCES if path.stem in empty] == []
