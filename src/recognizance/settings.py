"""Every choice an operator makes, in one frozen dataclass that is read once.

Each field is also an environment variable, `RECOGNIZANCE_` and the name in capitals, and, where
`serve` has it, a command-line option. `docs/settings.md` is generated from this class.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from recognizance.errors import SettingsWrong

PREFIX = "RECOGNIZANCE_"
NOWHERE = Path()
ACCESS_KEY_ID = re.compile(r"\w{1,128}", re.ASCII)
"""What an access key's id may be: what Signature Version 4 can carry in its credential."""
NOT_OURS = "RECOGNIZANCE_TEST_"  # what the tests read; the server does not


def default_data_folder(environment: Mapping[str, str]) -> Path:
    """Return where data goes when nobody says: the XDG data folder of the user."""
    try:
        home = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    except RuntimeError:
        raise SettingsWrong("this user has no home folder; name a data folder with RECOGNIZANCE_DATA") from None
    return Path(home) / "recognizance"


def setting(default: Any, text: str, *, choices: tuple[str, ...] = (), secret: bool = False) -> Any:
    """Describe one field: its default, a line of help, what it may be, and whether it may be shown."""
    return field(default=default, metadata={"help": text, "choices": choices, "secret": secret})


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can choose. Times are seconds, sizes bytes, unless the text says otherwise."""

    data: Path = setting(NOWHERE, "Folder for keys, the ledger and models; made when missing, for its owner only.")
    database: str = setting(
        "", "URL of the database, `postgresql://…`; empty: an SQLite file in the data folder.", secret=True
    )
    index: str = setting(
        "local",
        "Where faces are searched: `local` (this process's memory), `milvus`, or a dotted module of yours.",
    )
    index_address: str = setting("", "Address of that index, for milvus `http://host:19530` or `https://…`.")
    index_token: str = setting("", "What it is asked with, for milvus `user:password` or an API key.", secret=True)
    index_timeout: float = setting(30.0, "Seconds that one request to it may take.")
    policy: str = setting(
        "",
        "What may be asked: `open`, `workplace`, `law-enforcement`, or a folder of yours; empty: what the database is "
        "under, `open` where it is new.",
    )
    host: str = setting("127.0.0.1", "Address to listen on.")
    port: int = setting(8477, "Port to listen on.")
    account: str = setting("000000000000", "The 12-digit account that the root key belongs to.")
    regions: tuple[str, ...] = setting((), "Regions a signature may name, separated by commas; empty: any.")
    root_access_key_id: str = setting("", "The root access key id; empty: made once and kept in the data folder.")
    root_secret_access_key: str = setting("", "Its secret; given together with the id or not at all.", secret=True)
    ledger_origin: str = setting(
        "", "The name that the ledger's checkpoints go by; empty: `recognizance`, the account and 8 digits of its key."
    )
    witnessed: tuple[str, ...] = setting(
        (), "Public keys of other logs whose checkpoints this server cosigns as a witness, separated by commas."
    )
    detector: str = setting("yunet-2023mar", "Name of the model card that finds faces.")
    embedder: str = setting("sface-2021dec", "Name of the model card that compares faces.")
    models: Path = setting(NOWHERE, "Folder of installed models; empty: `models` in the data folder.")
    cards: Path = setting(NOWHERE, "Folder of further model cards (TOML), beside those that ship; empty: none.")
    attributes: str = setting(
        "later",
        "When the models of facial attributes are loaded: `later`, when first asked for; at the `start`; or `off`: "
        "never, and requests for attributes are refused.",
        choices=("later", "start", "off"),
    )
    device: str = setting(
        "auto",
        "Where models run: `cpu` (OpenVINO), `cuda` (ONNX Runtime), or `auto`: cuda where it works, else cpu.",
        choices=("auto", "cpu", "cuda"),
    )
    precision: str = setting(
        "f32",
        "Arithmetic of the models: `f32`, or `bf16` or `int8` where the processor has it. `int8` is for models whose "
        "ranges are known, as the default embedder's are; the others compute in bf16 or f32. What tells age, gender, "
        "expression and appearance computes in bf16 wherever the processor has it. `/healthz` tells of each.",
        choices=("f32", "bf16", "int8"),
    )
    threads: int = setting(0, "Processor cores for the models together; 0: all that this process may use.")
    mirror: bool = setting(True, "Embed each face and its mirror image: more accurate, twice the work.")
    enlarge: bool = setting(True, "Look at small pictures up to twice as large: truer landmarks, some 5 ms a picture.")
    pixels: int = setting(
        150_000_000, "Pixels of pictures in work at once, at 9 bytes each at worst; a call with more waits to be alone."
    )
    waiting: int = setting(64, "Requests that may wait for a free place before further ones are throttled.")
    s3_endpoint: str = setting("", "Address of the S3 service that S3Object names are read from; empty: S3 is off.")
    s3_region: str = setting("us-east-1", "Region of that service.")
    s3_access_key_id: str = setting("", "The server's own access key there; empty: the usual AWS sources.")
    s3_secret_access_key: str = setting("", "Its secret.", secret=True)
    s3_instance_role: bool = setting(
        False, "Where there is no key, also ask the cloud machine's metadata service (169.254.169.254) for one."
    )
    s3_buckets: tuple[str, ...] = setting((), "Buckets that may be read, separated by commas; empty: any the key may.")
    s3_timeout: float = setting(10.0, "Seconds that connecting to S3, and each read from it, may take.")
    review_days: int = setting(30, "Days for which a review of held candidates is open; then it has expired.")
    review_kept_days: int = setting(30, "Days for which the picture that was searched with is kept after its review.")
    review_seed_every: int = setting(
        10, "After every so many reviews one is opened in which nobody can be the person sought; 0: never."
    )
    log: str = setting("info", "How much is logged.", choices=("debug", "info", "warning", "error"))

    @property
    def database_file(self) -> Path:
        """The file that is the database where `database` names no other."""
        return self.data / "recognizance.db"

    @property
    def models_folder(self) -> Path:
        """Where installed models are."""
        return self.models if self.models != NOWHERE else self.data / "models"


def given_folder(path: Path) -> Path | None:
    """Return the folder a setting names, or None when it names none."""
    return None if path == NOWHERE else path


def read(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Return the settings: what is given first, then the environment, then the defaults.

    A value of None counts as not given. Raises `SettingsWrong` for an unknown variable of ours, a
    value of the wrong kind, or half a key pair.
    """
    environment = os.environ if environment is None else environment
    kinds = get_type_hints(Settings)
    known = {PREFIX + one.name.upper(): one for one in fields(Settings)}
    values: dict[str, Any] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name.startswith(NOT_OURS):
            continue
        if name not in known:
            raise SettingsWrong(f"{name} is no setting of ours; docs/settings.md lists them")
        if text:
            values[known[name].name] = _parse(name, text, kinds[known[name].name])
    values |= {name: value for name, value in given.items() if value is not None}
    if "data" not in values:
        values["data"] = default_data_folder(environment)
    return _checked(Settings(**values))


_SWITCH = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}


def _switch(text: str) -> bool:
    return _SWITCH[text.lower()]


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _path(text: str) -> Path:
    return Path(text).expanduser()


_KINDS: Mapping[Any, tuple[Callable[[str], Any], str]] = {
    bool: (_switch, "true or false"),
    int: (int, "a whole number"),
    float: (float, "a number"),
    str: (str, "text"),
    Path: (_path, "a path"),
    tuple[str, ...]: (_names, "names separated by commas"),
}
"""How each kind of field is read from text, and what to say when it cannot be."""


def _parse(name: str, text: str, kind: Any) -> Any:
    read_text, wanted = _KINDS[kind]
    try:
        return read_text(text)
    except (KeyError, ValueError):
        raise SettingsWrong(f"{name} should be {wanted}") from None


def _checked(settings: Settings) -> Settings:
    for one in fields(Settings):
        choices = one.metadata["choices"]
        value = getattr(settings, one.name)
        if choices and value not in choices:
            raise SettingsWrong(f"{one.name} is {value!r} and should be one of {', '.join(choices)}")
    if bool(settings.root_access_key_id) != bool(settings.root_secret_access_key):
        raise SettingsWrong("root_access_key_id and root_secret_access_key are given together or not at all")
    if settings.root_access_key_id and not ACCESS_KEY_ID.fullmatch(settings.root_access_key_id):
        raise SettingsWrong("root_access_key_id should be up to 128 letters, digits and underscores")
    if len(settings.account) != 12 or not (settings.account.isascii() and settings.account.isdigit()):
        raise SettingsWrong(f"account is {settings.account!r} and should be 12 digits")
    if not 0 <= settings.port <= 65535:
        raise SettingsWrong(f"port is {settings.port} and should be between 0 and 65535")
    if settings.threads < 0 or settings.waiting < 0:
        raise SettingsWrong("threads and waiting should be 0 or more")
    if settings.review_days < 1 or settings.review_kept_days < 0 or settings.review_seed_every < 0:
        raise SettingsWrong("review_days should be 1 or more, review_kept_days and review_seed_every 0 or more")
    if bool(settings.s3_access_key_id) != bool(settings.s3_secret_access_key):
        raise SettingsWrong("s3_access_key_id and s3_secret_access_key are given together or not at all")
    if not 0 < settings.s3_timeout <= 300:
        raise SettingsWrong(f"s3_timeout is {settings.s3_timeout} and should be above 0 and at most 300 seconds")
    if settings.database and not settings.database.startswith("postgresql://"):
        raise SettingsWrong("database should start with postgresql://")
    if "@" in settings.index_address:
        raise SettingsWrong("index_address should have no user or password in it; index_token is for those")
    if not 0 < settings.index_timeout <= 3600:
        raise SettingsWrong(f"index_timeout is {settings.index_timeout} and should be above 0 and at most 3600 seconds")
    if settings.s3_endpoint and not settings.s3_endpoint.startswith(("http://", "https://")):
        raise SettingsWrong("s3_endpoint should start with http:// or https://")
    return settings
