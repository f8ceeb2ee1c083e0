"""The routes about a tenant's own lexicon: file a version, list them, read one, activate one. For admin keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, StringConstraints

from moderation.errors import LoadErrors
from moderation.own import MOST_BYTES, MOST_FILES
from service.http.answer import Answer, tell
from service.http.answers import Answered
from service.http.asking import read_as
from service.http.problems import Fault, Problem
from service.http.routes import BODY, CALLED, route
from service.lexicons import NOTE_CHARS, FourEyes, UnknownVersion
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.ruleset import Ruleset
    from service.http.serving import Asked
    from service.store.reads import LexiconInfo

MOST_BODY: Final = 6 * MOST_BYTES + 64 * 1024
"""JSON may spell every character out, which makes six bytes of one."""
LAST_VERSION: Final = 2**31 - 1
_VERSION: Final = re.compile("[1-9][0-9]{0,9}")
_WRITES: Final = ("four-eyes", *BODY, *CALLED)


class LexiconFile(BaseModel):
    """One file: its name, like ``brand.txt``, and its text in the line grammar of ``docs/lexicons.md``."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[StrictStr, StringConstraints(min_length=1, max_length=64)]
    text: StrictStr


class LexiconRequest(BaseModel):
    """A whole new version: all files, not only those that changed. At most 2 MB of text and 20 000 terms."""

    model_config = ConfigDict(extra="forbid")

    files: Annotated[list[LexiconFile], Field(min_length=1, max_length=MOST_FILES, fail_fast=True)]
    note: Annotated[StrictStr, StringConstraints(max_length=NOTE_CHARS)] = Field(
        default="", description="why, for the next person"
    )
    activate: StrictBool = Field(default=False, description="judge by it from now on")


class ActivationRequest(BaseModel):
    """Which version to judge by from now on: a new one or an old one; 0 stands for none."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[StrictInt, Field(ge=0, le=LAST_VERSION)]


class LexiconVersion(Answered):
    """One version, without its texts."""

    version: int
    sha256: str
    terms: int
    note: str
    by: str = Field(description="the id of the key, or cli")
    created_at: str
    active: bool


class Lexicon(Answered):
    """The active version (0: none), the ruleset by which contents are judged now, and the versions, newest first."""

    active: int
    ruleset: str
    versions: list[LexiconVersion]


class LexiconFiled(LexiconVersion):
    """The version that was filed, and the ruleset by which contents are judged now."""

    ruleset: str


class LexiconTexts(Answered):
    """The texts of one version."""

    version: int
    files: list[LexiconFile]


class Activation(Answered):
    """What is active now."""

    active: int
    ruleset: str


@route("POST", "/v1/lexicon", policy=Right.LEXICON, takes=LexiconRequest, gives=LexiconFiled, problems=_WRITES)
async def file_lexicon(asked: Asked) -> Answer:
    """File a new version of the tenant's own words, and activate it if asked; errors name file and line."""
    sent = await read_as(asked, LexiconRequest, limit=MOST_BODY)
    caller, lexicons = asked.who, asked.serving.service.lexicons
    names = [file.name for file in sent.files]
    if len(set(names)) < len(names):
        raise Problem("invalid-body", faults=[Fault(("files",), "file_names")])
    if not all(map(str.isprintable, sent.note)):
        raise Problem("invalid-body", faults=[Fault(("note",), "not_printable")])
    files = {file.name: file.text for file in sent.files}
    try:
        if sent.activate:
            lexicons.permit(caller.id)
        filed = await lexicons.file(caller.tenant, files, by=caller.id, note=sent.note)
        if sent.activate:
            await lexicons.activate(caller.tenant, filed.version, by=caller.id)
    except LoadErrors as errors:
        raise _refused(errors, names) from None
    except FourEyes:
        raise Problem("four-eyes") from None
    own = await lexicons.of(caller.tenant)
    return tell({**_version(filed, own.active), "ruleset": ruleset_of(asked).fingerprint})


@route("GET", "/v1/lexicon", policy=Right.LEXICON, gives=Lexicon, problems=CALLED)
async def lexicon(asked: Asked) -> Answer:
    """List the versions of the tenant's own words, and tell which is active."""
    own = await asked.serving.service.lexicons.of(asked.who.tenant)
    versions = [_version(info, own.active) for info in own.versions]
    return tell({"active": own.active, "ruleset": ruleset_of(asked).fingerprint, "versions": versions})


@route(
    "GET", "/v1/lexicon/versions/{version}", policy=Right.LEXICON, gives=LexiconTexts, problems=("not-found", *CALLED)
)
async def lexicon_version(asked: Asked) -> Answer:
    """Read the texts of one version."""
    name = asked.found["version"]
    if not _VERSION.fullmatch(name):
        raise Problem("not-found")
    return tell(await texts_told(asked, int(name)))


@route(
    "POST", "/v1/lexicon/activations", policy=Right.LEXICON, takes=ActivationRequest, gives=Activation, problems=_WRITES
)
async def activate_lexicon(asked: Asked) -> Answer:
    """Judge by a version, new or old, from now on; 0 stands for none. It holds once this is answered."""
    sent = await read_as(asked, ActivationRequest)
    caller, lexicons = asked.who, asked.serving.service.lexicons
    try:
        await lexicons.activate(caller.tenant, sent.version, by=caller.id)
    except UnknownVersion:
        raise Problem("invalid-body", faults=[Fault(("version",), "unknown_version")]) from None
    except LoadErrors as errors:
        raise _refused(errors, ()) from None
    except FourEyes:
        raise Problem("four-eyes") from None
    own = await lexicons.of(caller.tenant)
    return tell({"active": own.active, "ruleset": ruleset_of(asked).fingerprint})


ROUTES: Final = (file_lexicon, lexicon, lexicon_version, activate_lexicon)


async def texts_told(asked: Asked, version: int) -> dict[str, Any]:
    """The texts of a version of the tenant's own words. Raises ``Problem``."""
    try:
        files = await asked.serving.service.lexicons.files(asked.who.tenant, version)
    except UnknownVersion:
        raise Problem("not-found") from None
    return {"version": version, "files": [{"name": name, "text": text} for name, text in files.items()]}


def ruleset_of(asked: Asked) -> Ruleset:
    """The rules by which the tenant's contents are judged now."""
    return asked.serving.service.rules.engines.of(asked.who.tenant).ruleset


def _refused(errors: LoadErrors, names: Sequence[str]) -> Problem:
    """Every error with its place: the file by its number, the line of its text."""
    places = {name: number for number, name in enumerate(names)}
    faults = [
        Fault(
            ("files", places[error.file], "text", error.line) if error.file in places else ("files",),
            "lexicon_line",
            {"file": error.file, "line": error.line, "reason": error.told},
        )
        for error in errors.errors
    ]
    return Problem("invalid-body", faults=faults)


def _version(info: LexiconInfo, active: int) -> dict[str, Any]:
    return {**info._asdict(), "active": info.version == active}
