"""`recognizance serve`: the server, started from nothing, and what to paste to use it."""

from __future__ import annotations

import errno
import ipaddress
import json
import shlex
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recognizance.cli import made, models, output, remote
from recognizance.cli.failures import Failed, Wrong
from recognizance.errors import ModelUnusable

if TYPE_CHECKING:
    from recognizance.settings import Settings
    from recognizance.values import Card

ANY_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the server says once it listens.

    `secret_access_key` is None when the operator handed it in: it is then not ours to print.
    `models` is a name and "device, runtime, precision: why" for each; `policy` the pack in force and its digest;
    `standing` says what has become of a model's file, where the server knows it from loading.
    """

    endpoint: str
    access_key_id: str
    secret_access_key: str | None = field(repr=False)
    data: Path
    models: Sequence[tuple[str, str]]
    policy: str = ""
    standing: Callable[[Card], str] | None = field(default=None, repr=False, compare=False)


def serve(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    host: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(metavar="N", help="Port to listen on; 0: any free one.")] = None,
    data: made.Data = None,
    device: Annotated[str | None, typer.Option(metavar="NAME", help="Where models run: auto, cpu or cuda.")] = None,
    precision: Annotated[str | None, typer.Option(metavar="NAME", help="Arithmetic: f32, bf16 or int8.")] = None,
    threads: Annotated[int | None, typer.Option(metavar="N", help="Cores for the models; 0: all.")] = None,
    log: Annotated[str | None, typer.Option(metavar="LEVEL", help="debug, info, warning or error.")] = None,
    install: Annotated[
        bool, typer.Option("--install/--no-install", help="Bring missing models first, or refuse to start.")
    ] = True,
) -> None:
    """Serve Rekognition's clients until stopped with Ctrl-C.

    Missing models are brought first; where those of facial attributes cannot be had, it says so and serves without
    them. What is not given comes from the environment
    (RECOGNIZANCE_PORT and so on; docs/settings.md lists every setting), then from the defaults.
    """
    given = made.of(context)
    settings = given.settings(
        host=host, port=port, data=data, device=device, precision=precision, threads=threads, log=log
    )
    given.load_policy(named=given.policy_in_force(settings))  # before anything is brought: it may not parse
    if install:
        models.bring_missing(settings, given.now)
    else:
        models.there(settings)
    try:
        given.serve(settings, lambda said: _announce(said, settings))
    except ModelUnusable:
        models.needed(settings)
        raise
    except OSError as error:
        raise _listening(error, settings) from error
    except KeyboardInterrupt:
        pass
    typer.echo("Stopped.", err=True)


def _announce(said: Announcement, settings: Settings) -> None:
    for lacking in models.lacking(settings, said.standing):
        output.complain(lacking)
    for text in lines(said, settings):
        typer.echo(text)  # as it is: a line broken to fit the terminal could not be pasted


def lines(said: Announcement, settings: Settings) -> list[str]:
    """Return what is printed once the server listens: where, with which models, and how to ask it."""
    region = settings.regions[0] if settings.regions else ANY_REGION
    told = [f"Recognizance listens on {said.endpoint} (Ctrl-C stops it)", ""]
    for where in dict.fromkeys(where for _, where in said.models):
        told.append(f"  {', '.join(name for name, at in said.models if at == where)} on {where}")
    told += _keys(said)
    if said.policy:
        told += [f"  Policy: {said.policy}. Every request is recorded.", ""]
    if not _private(settings.host):
        told += ["  Others can reach this address, and it speaks plain HTTP: put a proxy with TLS in front.", ""]
    told += [
        "Paste this into a shell:",
        "",
        "  unset AWS_SESSION_TOKEN AWS_PROFILE",
        f"  export AWS_ENDPOINT_URL_REKOGNITION={said.endpoint}",
        f"  export AWS_ENDPOINT_URL_RECOGNIZANCE={said.endpoint}",
        f"  export AWS_DATA_PATH={shlex.quote(str(remote.MODELS))}",
        f"  export AWS_ACCESS_KEY_ID={said.access_key_id}",
        f"  export AWS_SECRET_ACCESS_KEY={said.secret_access_key or '(the secret you gave)'}",
        f"  export AWS_DEFAULT_REGION={region}",
        f"  export AWS_REGION={region}",
        "",
        "  aws rekognition detect-faces --image-bytes fileb://photo.jpg",
        "  aws recognizance explain-similarity --similarity 80",
        "",
        "or into Python:",
        "",
        "  import boto3",
        "  rekognition = boto3.client(",
        f'      "rekognition", endpoint_url="{said.endpoint}", region_name="{region}",',
        f"      aws_access_key_id={json.dumps(said.access_key_id)},",
        f"      aws_secret_access_key={json.dumps(said.secret_access_key or '(the secret you gave)')},",
        "  )",
        '  print(rekognition.detect_faces(Image={"Bytes": open("photo.jpg", "rb").read()}))',
    ]
    return told


def _keys(said: Announcement) -> list[str]:
    if said.secret_access_key is None:
        return ["  The access key is the one you gave; its secret is not shown.", f"  Data is in {said.data}", ""]
    return [f"  The access key was made for this server and is kept in {said.data}, readable by you alone.", ""]


def _private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listening(error: OSError, settings: Settings) -> Exception:
    where = f"port {settings.port} of {settings.host}"
    if error.errno == errno.EADDRINUSE:
        return Wrong(f"{where} is in use; stop what listens there or choose another with --port")
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return Wrong(f"{output.shown(settings.host)} is no address and no name of this machine; choose with --host")
    if error.errno == errno.EACCES and error.filename is None:
        return Failed(f"this user may not listen on {where}; choose one of 1024 or more with --port")
    return error
