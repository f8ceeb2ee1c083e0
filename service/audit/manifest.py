"""The manifest of a pack and its signature: what is in it, from where in the log, and by what it can be checked.

Besides the manifest's own digest the signed note names the digests and counts on which all else rests, so that who
edits the manifest cannot hide what else was edited.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from service.acts import canonical
from service.audit.archive import digest_of
from service.audit.make import INDEX, LEAVES, RECORDS
from service.audit.packs import CHECKLIST, said
from service.audit.tree import consistency, range_proof

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from service.audit.make import Plan, Progress
    from service.audit.note import Signer
    from service.audit.reads import LogReads, Signed

SCHEMA: Final = "qingliu/pack/1"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
CHECKPOINT: Final = "checkpoint"
TIMEZONE: Final = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a pack rests on besides its plan: the log, the checkpoint of the pack before, the program's version."""

    reads: LogReads
    signer: Signer
    since: Signed | None
    version: str


def manifest(plan: Plan, progress: Progress, ground: Ground, files: Sequence[Path], counted: dict[str, int]) -> bytes:
    """The canonical bytes of the manifest. ``counted`` are rows by file name."""
    asked, pack, reads = plan.asked, plan.pack, ground.reads
    first, last = progress.of("records")["edge"]
    told = {
        "schema": SCHEMA,
        "id": plan.id,
        "pack": pack.code,
        "name": said(pack.name, "zh"),
        "law": said(pack.law, "zh"),
        "tenant": plan.tenant,
        "by": plan.by,
        "reason": plan.reason,
        "generated_at": plan.at,
        "generator": f"qingliu {ground.version}",
        "timezone": TIMEZONE,
        "period": {"since": asked.since, "until": asked.until},
        "filters": asked.filters,
        "redaction": "none" if asked.unmasked else "masked",
        "range": {"first": plan.first, "end": plan.end},
        "records": {"count": progress.of("records")["records"], "first": first, "last": last},
        "files": [_file(path, progress.folder, counted) for path in files],
        "tables": [
            {"name": table.name, "title": said(table.title, "zh"), "element": table.element, "columns": table.columns}
            for table in pack.tables
        ],
        "checklist": checklist(plan),
        "checkpoint": {"size": plan.checkpoint.size, "root": _b64(plan.checkpoint.root)},
        "proof": [_b64(one) for one in range_proof(reads.subtree, plan.first, plan.end, plan.checkpoint.size)],
        "since": _since(plan, ground),
        "keys": [{"key": key, "endorsement": endorsement, "at": at} for key, endorsement, at in reads.signers()],
    }
    return canonical(told)


def signature(plan: Plan, progress: Progress, signer: Signer, manifest_: bytes) -> str:
    """The signed note over a manifest."""
    told, folder = progress.of("records"), progress.folder
    first, last = ("-" if edge is None else edge for edge in told["edge"])
    lines = [
        SCHEMA,
        signer.name,
        f"manifest {sha256(manifest_).hexdigest()}",
        f"range {plan.first} {plan.end}",
        f"records {told['records']} {first} {last}",
        *(f"{name} {digest_of(folder / name)}" for name in (RECORDS, INDEX, LEAVES)),
        f"checkpoint {plan.checkpoint.size} {_b64(plan.checkpoint.root)}",
        f"time {plan.at}",
    ]
    return str(signer.note("".join(f"{line}\n" for line in lines)))


def checklist(plan: Plan) -> list[dict[str, Any]]:
    """Each element of what an audit has to show, and where in the pack it stands; nowhere, if it does not."""
    places: dict[str, list[str]] = {}
    for table in plan.pack.tables:
        places.setdefault(table.element, []).append(f"tables/{table.name}")
    places["ledger"] = [RECORDS, *places.get("ledger", [])]
    places["manifest"] = [MANIFEST, SIGNATURE]
    return [
        {"element": name, "title": said(pair, "zh"), "places": places.get(name, [])} for name, pair in CHECKLIST.items()
    ]


def _since(plan: Plan, ground: Ground) -> dict[str, Any] | None:
    """The proof that the log only grew since the pack before."""
    before = ground.since
    if before is None or before.size > plan.checkpoint.size:
        return None
    proof = consistency(ground.reads.subtree, before.size, plan.checkpoint.size)
    return {"checkpoint": ground.reads.cosigned(before), "size": before.size, "proof": [_b64(one) for one in proof]}


def _file(path: Path, folder: Path, counted: dict[str, int]) -> dict[str, Any]:
    name = path.relative_to(folder).as_posix()
    told: dict[str, Any] = {"name": name, "bytes": path.stat().st_size, "sha256": digest_of(path)}
    return {**told, "rows": counted[name]} if name in counted else told


def _b64(value: bytes) -> str:
    return b64encode(value).decode()
