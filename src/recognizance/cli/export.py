"""`recognizance export`: a collection with its vectors into one file, for another machine or another day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from recognizance.cli import exported, made, output
from recognizance.cli.failures import Failed
from recognizance.cli.going import count, going
from recognizance.cli.made import Answer, Asking
from recognizance.errors import InvalidPage

PAGE = 1000  # the most that one answer has
SAID = ("CollectionId", "Model", "FaceModelVersion", "Dimensions", "Region", "Tags", "CreationTimestamp")


def export(
    context: typer.Context,
    collection: Annotated[str, typer.Argument(metavar="COLLECTION", help="The collection's id.", show_default=False)],
    out: Annotated[
        Path,
        typer.Option(metavar="FILE", help="The file to write; compressed where it ends in .gz.", show_default=False),
    ],
    as_json: made.Json = False,
    purpose: made.Purpose = None,
    case: made.Case = None,
    data: made.Data = None,
) -> None:
    """Write a collection into a file: its users, faces, vectors and tags, and no picture.

    The file is JSON lines, for its owner only, and the last line holds the SHA-256 of the others. It has
    what was there when the export began, less what was removed until its place in the file was reached;
    what was enrolled after it began is not in it. It is written beside its name and renamed when it is whole,
    and never over another. Vectors are biometric data: who has the file can find these people again.
    """
    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    with (
        given.asking(settings, purpose=purpose, case=case, looks=False) as ask,
        exported.writing(out) as writer,
    ):
        following = pages(ask, collection)
        first = last = next(following)
        writer.write(exported.COLLECTION, _header(first, given.now().isoformat()))
        users = faces = 0
        with going("faces", first["FaceCount"], given.now) as bar:
            while True:
                for user in last["Users"]:
                    writer.write(exported.USER, user)
                for face in last["Faces"]:
                    writer.write(exported.FACE, face)
                users, faces = users + len(last["Users"]), faces + len(last["Faces"])
                bar(faces)
                page = next(following, None)
                if page is None:
                    break
                last = page
        digest = writer.seal(Users=users, Faces=faces, Changes=last["Revision"] - first["Revision"])

    changes = last["Revision"] - first["Revision"]
    if as_json:
        output.as_json(
            {
                "CollectionId": collection,
                "File": str(out),
                "Bytes": out.stat().st_size,
                "Users": users,
                "Faces": faces,
                "Model": first["Model"],
                "FaceModelVersion": first["FaceModelVersion"],
                "ChangesMeanwhile": changes,
                "Sha256": digest,
            }
        )
        return
    output.line(f"{count(faces, 'face')} and {count(users, 'user')} of {collection}: {output.shown(out)}")
    output.line(f"Model {first['Model']}, version {first['FaceModelVersion']}. SHA-256 of its lines: {digest}")
    if changes:
        output.line(
            f"{count(changes, 'change')} came meanwhile: faces enrolled since are not in it, some removed may be."
        )


def _header(first: Answer, at: str) -> dict[str, Any]:
    said = {name: first[name] for name in SAID if name in first}
    return {"Format": exported.FORMAT, "FormatVersion": exported.VERSION, **said, "ExportedAt": at}


def pages(ask: Asking, collection: str) -> Iterator[Answer]:
    """Yield a collection's pages, users first. Raises `Failed` where it moves to another model meanwhile."""
    request: dict[str, Any] = {"CollectionId": collection, "MaxResults": PAGE}
    while True:
        try:
            page = ask("ExportCollection", request)
        except InvalidPage as error:
            raise Failed(f"{collection} has moved to another model meanwhile; export it again") from error
        yield page
        if "NextToken" not in page:
            return
        request["NextToken"] = page["NextToken"]
