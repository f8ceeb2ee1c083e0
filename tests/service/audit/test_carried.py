"""A pack of all kinds of acts is carried away and verified by another user, who has neither network nor repository."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from service import acts
from service.acts import Act
from service.audit import verify_export
from service.filing import committed
from service.ports import Words
from service.settings import REPOSITORY
from tests.service.audit.conftest import opened
from tests.service.audit.tamper import HANDS, repacked, unpacked

FEW, MANY = 1_000, 100_000
CHUNK = 1_000
NOBODY = 65_534
KINDS = sorted(
    value
    for name, value in vars(acts).items()
    if name.isupper() and isinstance(value, str) and "." in value and not value.startswith("log.")
)
APART = """
mount --bind "$1" python
for hidden in "$2" "$3"; do if [ -d "$hidden" ]; then mount -t tmpfs none "$hidden"; fi; done
shift 3
exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs "$@"
"""
"""Without network, the environment's and the repository's folders empty, as a user who owns nothing."""
LOOK = """
import json, os, socket, sys
def tried(act):
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "done"
port, original, repository = int(sys.argv[1]), sys.argv[2], sys.argv[3]
print(json.dumps({
    "user": os.getuid(),
    "network": tried(lambda: socket.create_connection(("127.0.0.1", port), 5)),
    "original": tried(lambda: open(original, "rb")),
    "repository": os.listdir(repository),
    "modules": [path for path in sys.path if os.path.exists(os.path.join(path, "moderation"))],
}))
"""


class Elsewhere:
    """A folder on a machine of somebody else's, as near as one machine comes to that."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "python").mkdir()
        for name in ("cryptography", "cffi", "_cffi_backend"):
            found = find_spec(name)
            if found is None:
                continue
            path = Path(found.origin)
            if path.name == "__init__.py":
                shutil.copytree(path.parent, folder / "site" / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(path, folder / "site" / path.name)
        for name in ("verify_export.py", "verify_export.mjs"):
            shutil.copy(Path(verify_export.__file__).parent / name, folder)
        folder.chmod(0o755)

    def run(self, *command) -> subprocess.CompletedProcess[str]:
        hidden = (sys.base_prefix, sys.prefix, REPOSITORY)
        environment = {
            "PATH": os.environ["PATH"],
            "LD_LIBRARY_PATH": str(self.folder / "python" / "lib"),
            "PYTHONPATH": str(self.folder / "site"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        asked = ["unshare", "-n", "-m", "sh", "-ec", APART, "sh", *hidden, *command]
        return subprocess.run(
            asked, cwd=self.folder, env=environment, capture_output=True, check=False, text=True, timeout=900
        )

    def python(self, *arguments) -> subprocess.CompletedProcess[str]:
        return self.run(self.folder / "python" / "bin" / "python3", "-S", *arguments)

    def carried(self, path: Path) -> str:
        """A file that was taken there, by its name."""
        shutil.copy(path, self.folder)
        (self.folder / path.name).chmod(0o444)
        return path.name

    def verified(self, pack: Path, key: str, seen: Path) -> dict[str, dict]:
        """What each verifier there says."""
        asked = [self.carried(pack), "--key", key, "--seen", self.carried(seen), "--json"]
        told = {}
        for name, ran in (
            ("python", self.python("verify_export.py", *asked)),
            ("node", self.run("node", "verify_export.mjs", *asked)),
        ):
            assert ran.returncode in {0, 1}, ran.stderr
            told[name] = json.loads(ran.stdout)
            assert told[name]["good"] == (ran.returncode == 0)
        return told


@pytest.fixture(scope="module")
def elsewhere():
    for name in ("unshare", "setpriv", "mount", "node"):
        if shutil.which(name) is None:
            pytest.skip(f"no {name} here")
    with TemporaryDirectory(prefix="elsewhere") as folder:
        there = Elsewhere(Path(folder))
        ran = there.python("-c", "pass")
        if ran.returncode:
            pytest.skip(f"nobody else can be played here (it takes root and namespaces): {ran.stderr.strip()}")
        yield there


async def mixed(made, first, end):
    """Acts of all kinds: every other one a decision on a content, one in ten a rival's, one in fifty the house's."""
    for start in range(first, end, CHUNK):

        def work(visit, start=start):
            for number in range(start, min(start + CHUNK, end)):
                tenant = "rival" if number % 10 == 9 else "" if number % 50 == 0 else "shop"
                facts = {"by": f"p{number % 7}", "n": number}
                if number % 2 == 0 or tenant != "shop":
                    kind = KINDS[number // 2 % len(KINDS)]
                    visit.record(Act(kind, f"s{number}", tenant, facts))
                    continue
                told = {"author": [f"u{number % 99}", "user"], "parts": [["text", f"面霜 {number}"]], "scene": "ad"}
                body, salt = acts.canonical(told), number.to_bytes(16, "big")
                commitment = committed(salt, body)
                row = Words(tenant, f"c{number}", commitment, salt, body, visit.at)
                facts |= {"action": "block" if number % 3 else "pass", "by": "engine", "content": f"c{number}"}
                facts |= {"version": 1, "commitment": commitment.hex(), "scene": "ad", "severity": number % 3}
                visit.record(Act("decision.auto", f"d{number}", tenant, facts), row)

        await made.store.ledger.visit(work)


def looked(elsewhere, pack):
    """What there is there, and what there is here."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = ["-c", LOOK, str(server.getsockname()[1]), str(pack), str(REPOSITORY)]
        there = json.loads(elsewhere.python(*asked).stdout)
        return there, json.loads(subprocess.run([sys.executable, *asked], capture_output=True, check=True).stdout)


@pytest.mark.parametrize("number", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
async def test_others_verify_what_was_carried_to_them(tmp_path, elsewhere, number):
    """By both verifiers, from the pack, the key and a checkpoint of before alone; and what was done to it is named."""
    seen = tmp_path / "seen"
    async with opened(tmp_path / "data") as made:
        await mixed(made, 0, number // 2)
        seen.write_text((await made.audit.log.checkpoint()).note)
        await made.pack()
        await mixed(made, number // 2, number)
        formats = ("csv", "xlsx", "html") if number == MANY else ()
        pack = await made.pack(contents=True, unmasked=True, reason="为核对", formats=formats)
        key, every = made.key, await made.store.ledger.visit(lambda visit: visit.seq)
    pack.chmod(0o600)
    look, here = looked(elsewhere, pack)
    assert look == {
        "user": NOBODY, "network": "OSError", "original": "PermissionError", "repository": [], "modules": []
    }  # fmt: skip
    assert (here["network"], here["original"]) == ("done", "done")
    assert here["repository"]

    told = elsewhere.verified(pack, key, seen)
    assert told["python"]["found"] == told["node"]["found"] == []
    assert told["python"]["unknown"] == told["node"]["unknown"]
    assert {"key-not-given", "no-earlier-checkpoint"}.isdisjoint(told["python"]["unknown"])
    whole = unpacked(pack, tmp_path / "whole")
    counts = Counter(json.loads(line)["kind"] for line in whole.lines)
    assert counts.keys() >= set(KINDS)
    assert len(whole.lines) == counts.total() >= number * 9 // 10
    assert whole.manifest["range"]["end"] <= every

    for name, (act, group) in HANDS.items():
        if number == MANY or name == "tail cut":
            spoilt = unpacked(pack, tmp_path / "un")
            act(spoilt, random.Random(name))
            told = elsewhere.verified(repacked(spoilt, tmp_path / "spoilt.zip"), key, seen)
            assert {code[0]["code"] for code in (told["python"]["found"], told["node"]["found"])} == {group}, name
