"""Packs can be checked without trusting us: what was done to them is named, by two programs that share no line."""

from __future__ import annotations

import ast
import asyncio
import json
import random
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from service.acts import Act
from service.audit import verify_export
from service.audit.note import COSIGNATURE, note_from, signer_from
from service.filing import committed
from service.ports import Words
from tests.service.audit.conftest import opened
from tests.service.audit.tamper import HANDS, HELD, KEYS, archives, damaged, repacked, unpacked

HERE = Path(verify_export.__file__).parent
NODE = shutil.which("node")
FEW, MANY = 2, 200
SEED = bytes(range(32))


def by_python(pack, *, key="", seen=()):
    done = verify_export.check(pack, key=key, seen=list(seen))
    return [code for code, _ in done.found], sorted(set(done.unknown))


def by_node(packs, *, key="", seen=(), folder):
    """The same of several packs: a process each, a few at a time."""
    more = ["--key", key] if key else []
    for number, text in enumerate(seen):
        path = folder / f"seen{number}"
        path.write_text(text)
        more += ["--seen", str(path)]
    found = []
    for pack in packs:
        ran = subprocess.run(
            [NODE, HERE / "verify_export.mjs", pack, "--json", *more], capture_output=True, check=False, text=True
        )
        told = json.loads(ran.stdout)
        assert ran.returncode == (not told["good"])
        found.append(([one["code"] for one in told["found"]], told["unknown"]))
    return found


@pytest.fixture(scope="module")
def with_contents(tmp_path_factory):
    """A pack with what contents say, unmasked: the commitments can be made again. Its key is of our choice."""
    folder = tmp_path_factory.mktemp("contents")

    async def work():
        async with opened(folder / "data", audit_key=SEED.hex()) as made:

            def write(visit):
                for number in range(60):
                    body = json.dumps(
                        {"parts": [["text", f"面霜 {number}"]], "scene": "ad"}, ensure_ascii=False
                    ).encode()
                    salt = bytes([number]) * 16
                    name, commitment = f"c{number}", committed(salt, body)
                    facts = {
                        "content": name,
                        "version": 1,
                        "commitment": commitment.hex(),
                        "action": "pass",
                        "by": "engine",
                    }
                    row = Words("shop", name, commitment, salt, body, visit.at)
                    visit.record(Act("decision.auto", f"d{number}", "shop", facts), row)

            await made.store.ledger.visit(write)
            pack = await made.pack("log", contents=True, unmasked=True, reason="为核对")
            return pack, made.key

    return asyncio.run(work())


def test_a_good_pack_is_good_by_both(packed, with_contents, tmp_path):
    for pack, key, seen in ((packed[0], packed[1], [packed[2]]), (*with_contents, [])):
        found = by_python(pack, key=key, seen=seen)
        assert found[0] == []
        assert "key-not-given" not in found[1]
        if NODE:
            assert (
                by_node([pack, unpacked(pack, tmp_path / "un").folder], key=key, seen=seen, folder=tmp_path)
                == [found] * 2
            )


def test_it_is_said_what_cannot_be_known(packed):
    assert by_python(packed[0]) == ([], ["filtered", "key-not-given", "no-earlier-checkpoint", "no-witness"])


def tampered(pack, name, number, folder):
    """A pack to which something was done; every other time its manifest was made to fit."""
    act, group = HANDS[name]
    chance = random.Random(f"{name} {number}")
    opened_ = unpacked(pack, folder / "un")
    before = {path: path.read_bytes() for path in opened_.folder.rglob("*") if path.is_file()}
    act(opened_, chance)
    assert before != {path: path.read_bytes() for path in opened_.folder.rglob("*") if path.is_file()}
    if number % 2 and name != "manifest edit":
        opened_.fix()
    return repacked(opened_, folder / f"{number}.zip"), group


@pytest.mark.parametrize("times", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", HANDS)
def test_what_was_done_to_a_pack_is_named(packed, with_contents, tmp_path, name, times):
    pack, key = with_contents if name == "edited content" else packed[:2]
    made = [tampered(pack, name, number, tmp_path) for number in range(times)]
    found = [by_python(path, key=key) for path, _ in made]
    assert [codes[0] for codes, _ in found] == [group for _, group in made]
    if NODE:
        asked = made if times == MANY else made[:1]
        assert by_node([path for path, _ in asked], key=key, folder=tmp_path) == found[: len(asked)]


@pytest.mark.parametrize("times", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", HELD)
def test_what_the_holder_of_the_key_did_to_a_pack_is_named(with_contents, tmp_path, name, times):
    signer, (act, group) = signer_from("qingliu", SEED), HELD[name]
    (pack := unpacked(with_contents[0], tmp_path / "un")).sign(signer)
    assert by_python(pack.folder, key=with_contents[1])[0] == [], "the key alone breaks nothing"
    made = []
    for number in range(times):
        act(pack := unpacked(with_contents[0], tmp_path / "un"), random.Random(f"{name} {number}"))
        pack.sign(signer)
        made.append(repacked(pack, tmp_path / f"{number}.zip"))
    found = [by_python(path, key=with_contents[1]) for path in made]
    assert [codes[0] for codes, _ in found] == [group] * times
    if NODE:
        assert by_node(made[:FEW], key=with_contents[1], folder=tmp_path) == found[:FEW]


async def another_log(folder, *, size, seed=SEED, mark="other", then=0):
    """A log of its own, signed with a key of our choice; its pack, its key and its checkpoint half way."""
    async with opened(folder, audit_key=seed.hex()) as made:
        await made.act(size, mark=mark)
        before = (await made.audit.log.checkpoint()).note
        if then:
            await made.act(then, mark=mark)
        return await made.pack(), made.key, before


@pytest.mark.parametrize("times", [1, pytest.param(MANY, marks=pytest.mark.slow)])
async def test_what_is_done_with_a_key_is_seen_against_an_earlier_checkpoint(tmp_path, times):
    found = []
    for number in range(times):
        chance = random.Random(number)
        size, more = chance.randrange(3, 60), chance.randrange(5, 60)
        old, key, before = await another_log(tmp_path / f"a{number}", size=size)
        grown, _, later = await another_log(tmp_path / f"b{number}", size=size + more, mark="other")
        same, _, _ = await another_log(tmp_path / f"c{number}", size=size, mark="rewritten", then=more)
        forged, _, _ = await another_log(tmp_path / f"d{number}", size=size, seed=bytes(32))
        # An old pack against a later checkpoint, a rewritten log against an earlier one, two logs of one size.
        found.append(("rollback", by_python(old, key=key, seen=[later])))
        found.append(("full rewrite", by_python(same, key=key, seen=[before])))
        at = verify_export.check(grown, key=key).told["size"]
        fork, _, _ = await another_log(tmp_path / f"e{number}", size=at - 4 - 3, mark="fork")
        forked = verify_export.check(fork, key=key).told["size"]
        point = await _checkpoint_of(grown)
        assert forked <= at
        found.append(("fork" if forked == at else "rollback", by_python(fork, key=key, seen=[point])))
        found.append(("wrong key", by_python(forged, key=key)))
        if NODE and number == 0:
            assert by_node([same], key=key, seen=[before], folder=tmp_path) == [found[1][1]]
    assert [codes[0] for _, (codes, _) in found] == [KEYS[name] for name, _ in found]


async def _checkpoint_of(pack):
    return verify_export.Source(pack).read("checkpoint").decode()


def test_a_witness_is_checked_where_its_key_is_given(packed, tmp_path):
    witness = signer_from("w", b"w" * 32, COSIGNATURE)
    pack = unpacked(packed[0], tmp_path / "un")
    path = pack.folder / "checkpoint"
    note = note_from(path.read_text())
    done = verify_export.check(pack.folder, key=packed[1], witnesses=[str(witness.verifier)])
    assert [code for code, _ in done.found] == ["wrong-key"]
    path.write_text(str(note._replace(signatures=(*note.signatures, witness.signature(note.text, at=7)))))
    done = verify_export.check(pack.folder, key=packed[1], witnesses=[str(witness.verifier)])
    assert "no-witness" not in done.unknown


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sig", "checkpoint", "leaves.bin", "index.bin"])
def test_half_a_pack_is_no_pack(packed, tmp_path, name):
    pack = unpacked(packed[0], tmp_path / "un")
    (pack.folder / name).unlink()
    assert by_python(pack.folder, key=packed[1])[0][0] == "unreadable"
    pack.write(name, b"\x00garbage")
    found = by_python(pack.folder, key=packed[1])
    assert found[0]
    if NODE and name in {"manifest.sig", "leaves.bin"}:
        assert by_node([pack.folder], key=packed[1], folder=tmp_path)[0][0] == found[0]


def test_what_is_no_archive_is_unreadable(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK nothing")
    assert by_python(tmp_path / "x.zip")[0] == ["unreadable"]


def test_leaves_that_were_made_to_fit_break_the_tree(packed, tmp_path):
    """Whoever edits a record and its hash has the tree against them; the signed digests name the file."""
    pack = unpacked(packed[0], tmp_path / "un")
    lines = pack.lines
    lines[5] = lines[5].replace(b"pass", b"fail")
    pack.lines = lines
    seq = json.loads(lines[5])["seq"]
    leaves = bytearray(pack.read("leaves.bin"))
    leaves[seq * 32 : seq * 32 + 32] = sha256(b"\x00" + lines[5].rstrip(b"\n")).digest()
    pack.write("leaves.bin", bytes(leaves))
    pack.fix()
    found = by_python(pack.folder, key=packed[1])[0]
    assert {"tree-broken", "leaves-edited", "manifest-edited"} <= set(found)


# The control: a chain of hashes, with nothing signed over its end


def chained(lines):
    """Each line with the hash of all before it."""
    last, out = "0" * 64, []
    for line in lines:
        last = sha256(last.encode() + line).hexdigest()
        out.append((line, last))
    return out


def chain_holds(pairs):
    last = "0" * 64
    for line, told in pairs:
        last = sha256(last.encode() + line).hexdigest()
        if last != told:
            return False
    return True


def test_a_chain_of_hashes_alone_misses_what_the_log_does_not(packed, tmp_path):
    pack = unpacked(packed[0], tmp_path / "un")
    pairs = chained(pack.lines)
    assert chain_holds(pairs)
    assert not chain_holds([*pairs[:3], (b"x", pairs[3][1]), *pairs[4:]])
    assert chain_holds(pairs[:-50]), "a tail that is cut off is missed"
    assert chain_holds(chained(pack.lines[:100])), "an old state, or a rewritten one, is missed"


# What a damaged or hostile pack says breaks nothing

DEEP = b"[" * 100_000


@pytest.mark.parametrize(
    ("name", "edit", "group"),
    [
        ("manifest.json", (b"{", b'{"a":' + DEEP), "unreadable"),
        ("manifest.json", (b'"keys":[{', b'"keys":[null,{'), "unreadable"),
        ("manifest.json", (b'"endorsement":""', b'"endorsement":7'), "unreadable"),
        ("manifest.json", (b'"name":"', b'"name":7,"x":"'), "unreadable"),
        ("manifest.json", (b"{", b'{"x":NaN,'), "unreadable"),
        ("manifest.sig", (b"\nrange ", b"\nrange -"), "unreadable"),
        ("manifest.sig", (b"\ncheckpoint ", b"\ncheckpoint " + b"9" * 400), "unreadable"),
        ("checkpoint", (b"qingliu\n", b"qingliu\n1e3"), "unreadable"),
        ("contents.jsonl", (b'"body":"', b'"body":7,"x":"'), "unreadable"),
        ("contents.jsonl", (b'"content":', b'"c":'), "content-edited"),
        ("index.bin", (b"\0", b""), "record-inserted"),
        ("\x1b[2J.txt", (b"", b"x"), "file-added"),
    ],
)
def test_a_hostile_pack_leaves_no_traceback_and_both_say_the_same(with_contents, tmp_path, name, edit, group):
    pack = unpacked(with_contents[0], tmp_path / "un")
    path = pack.folder / name
    path.write_bytes((path.read_bytes() if path.exists() else b"").replace(*edit, 1))
    done = verify_export.check(pack.folder, key=with_contents[1])
    assert done.found[0][0] == group
    assert "\x1b" not in str([where for _, where in done.found])
    if NODE:
        ran = told_by([NODE, HERE / "verify_export.mjs"], pack.folder, "--key", with_contents[1])
        assert ran == told_by([sys.executable, HERE / "verify_export.py"], pack.folder, "--key", with_contents[1])


def told_by(program, *words):
    ran = subprocess.run([*program, *words], capture_output=True, check=False, text=True)
    return ran.returncode, ran.stdout, ran.stderr


def test_of_a_strange_archive_both_say_the_same(packed, tmp_path):
    made = archives(unpacked(packed[0], tmp_path / "un"), tmp_path / "made.zip")
    paths = [tmp_path / f"{number}.zip" for number in range(len(made))]
    for path, (raw, _) in zip(paths, made.values(), strict=True):
        path.write_bytes(raw)
    found = [by_python(path, key=packed[1]) for path in paths]
    wanted = {name: [] if whole else ["unreadable"] for name, (_, whole) in made.items()}
    assert {name: codes for name, (codes, _) in zip(made, found, strict=True)} == wanted
    if NODE:
        assert dict(zip(made, by_node(paths, key=packed[1], folder=tmp_path), strict=True)) == dict(
            zip(made, found, strict=True)
        )


@pytest.mark.skipif(NODE is None, reason="no node")
@pytest.mark.parametrize("times", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["good", "large numbers"])
def test_of_a_damaged_archive_both_say_the_same(packed, tmp_path, name, times):
    good, _ = archives(unpacked(packed[0], tmp_path / "un"), tmp_path / "made.zip")[name]
    paths = [tmp_path / f"{number}.zip" for number in range(times)]
    for number, path in enumerate(paths):
        path.write_bytes(damaged(good, random.Random(number)))
    assert by_node(paths, key=packed[1], folder=tmp_path) == [by_python(path, key=packed[1]) for path in paths]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.zip"], "没有这个审计包 / there is no such pack: nowhere.zip"),
        (["x" * 300], "没有这个审计包"),
        ([".", "--key", "qingliu+00000000+AAAA"], "--key: 应为公钥"),
        ([".", "--key", "."], "--key: 应为公钥"),
        ([".", "--witness", "nobody"], "--witness: 应为公钥"),
        ([".", "--seen", "nowhere"], "--seen: 应为检查点文件 / a file that holds a checkpoint: nowhere"),
        ([".", "--seen", "."], "--seen: 应为检查点文件"),
        ([".", "--seen", __file__], "--seen: 应为检查点文件"),
        ([".", "--seen"], "--seen"),
        ([".", "--sen", "x"], "--sen"),
        ([], ""),
    ],
)
def test_what_was_asked_wrongly_is_said_in_words(tmp_path, words, said):
    programs = [[sys.executable, HERE / "verify_export.py"], *([[NODE, HERE / "verify_export.mjs"]] if NODE else [])]
    for program in programs:
        ran = subprocess.run([*program, *words], capture_output=True, check=False, text=True, cwd=tmp_path)
        assert (ran.returncode, ran.stdout, said in ran.stderr) == (2, "", True), ran.stderr
        assert "usage" in ran.stderr and "Traceback" not in ran.stderr and "    at " not in ran.stderr


def test_an_older_pack_than_a_checkpoint_that_was_seen_is_told_as_such(packed, tmp_path):
    seen = tmp_path / "seen"
    size = int(packed[2].split("\n")[1])
    seen.write_text(packed[2].replace(f"\n{size}\n", "\n9999\n"))
    told = [told_by([sys.executable, HERE / "verify_export.py"], packed[0], "--key", packed[1], "--seen", seen)]
    if NODE:
        told.append(told_by([NODE, HERE / "verify_export.mjs"], packed[0], "--key", packed[1], "--seen", seen))
    assert len(set(told)) == 1
    assert told[0][0] == 1 and "rolled-back: 日志小于此前见过的检查点：此包早于该检查点，或日志已被回退" in told[0][1]


# The verifiers stand alone


def test_the_verifier_needs_nothing_but_the_standard_library_and_cryptography():
    tree = ast.parse((HERE / "verify_export.py").read_text(encoding="utf-8"))
    names = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert names - set(sys.stdlib_module_names) == {"cryptography"}
    text = (HERE / "verify_export.mjs").read_text(encoding="utf-8")
    assert all('from "node:' in line for line in text.splitlines() if line.startswith("import "))


def test_the_command_says_what_it_found(packed, tmp_path):
    """In a folder of its own, where no line of the project can be imported."""
    shutil.copy(HERE / "verify_export.py", tmp_path)
    seen = tmp_path / "seen"
    seen.write_text(packed[2])
    command = [sys.executable, "-I", tmp_path / "verify_export.py", packed[0], "--key", packed[1], "--seen", seen]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "完好" in ran.stdout
    pack = unpacked(packed[0], tmp_path / "un")
    pack.lines = pack.lines[:-1]
    ran = subprocess.run([*command[:3], pack.folder, *command[4:]], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "tail-cut" in ran.stdout
