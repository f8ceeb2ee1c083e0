"""The log follows the acts: nothing lost, repeated or reordered, no checkpoint that a later one contradicts."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from base64 import b64encode
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service import private
from service.audit import log as log_module
from service.audit import verify_export
from service.audit.keys import KeyInUse, KeyRefused, endorsed, follows, open_signer, trusted
from service.audit.note import (
    COSIGNATURE,
    NoteRefused,
    checkpoint_from,
    note_from,
    opened,
    signed_by,
    signer_from,
    verifier_from,
)
from service.audit.tree import leaf_hash, range_proof, root_of, verify_consistency
from service.audit.whole import wrong_in
from service.audit.witness import LogRefused, Told, Witness
from service.settings import Settings
from service.store.audit_statements import LEAVES, TILE_HASHES
from service.store.db import Unsafe
from tests.service.audit.conftest import opened as open_made
from tests.service.audit.proved import range_root, verify_inclusion
from tests.small import migrated

HOUSE = Path(__file__).with_name("log_writer.py")


def leaves_of(made):
    return [leaf_hash(body) for (body,) in made.audit.log.reads.rows("SELECT body FROM acts ORDER BY seq")]


async def test_a_checkpoint_is_signed_over_all_that_is_on_disk(made):
    await made.act(700)
    signed = await made.audit.log.checkpoint()
    leaves = leaves_of(made)
    assert (signed.size, signed.root) == (len(leaves), root_of(leaves))
    told = opened(signed.note, made.audit.log.signer.verifier)
    assert (told.size, told.root, told.at) == (signed.size, signed.root, signed.at)
    assert wrong_in(made.audit.log.reads) == []


async def test_no_thousand_acts_are_without_a_checkpoint(made):
    await made.act(3456)
    await made.audit.log.checkpoint()
    sizes = [one.size for one in made.audit.log.reads.checkpoints(below=10**9, limit=99)]
    assert {1000, 2000, 3000} <= set(sizes)


async def test_a_log_that_was_left_behind_grows_in_steps(made, monkeypatch):
    monkeypatch.setattr(log_module, "_MOST", 700)
    await made.act(3456)
    signed, leaves = await made.audit.log.checkpoint(), leaves_of(made)
    assert (signed.size, signed.root) == (len(leaves), root_of(leaves))
    assert wrong_in(made.audit.log.reads) == []


async def test_the_job_signs_by_time_and_by_number(made, monkeypatch):
    log = made.audit.log
    await log.checkpoint()
    await made.act(10)
    await log.look()
    assert log.reads.last().size < log.reads.size()
    monkeypatch.setattr(log, "_seconds", 0)
    await log.look()
    assert log.reads.last().size == log.reads.size()
    monkeypatch.setattr(log, "_seconds", 60)
    await made.act(log_module.EVERY)
    await log.look()
    assert log.reads.last().size == log.reads.size()


async def test_a_log_is_taken_up_where_it_stood(tmp_path):
    last = None
    for number in (1, 255, 256, 1, 300, 700):
        async with open_made(tmp_path / "data") as made:
            await made.act(number)
            signed = await made.audit.log.checkpoint()
            assert signed.root == root_of(leaves_of(made))
            if last is not None:
                proof = made.audit.log.consistency(last.size, signed.size)
                verify_consistency(last.size, last.root, signed.size, signed.root, proof)
            last = signed


async def test_a_stop_while_the_log_reads_neither_repeats_nor_skips_an_act(made, monkeypatch):
    log, reads, on = made.audit.log, threading.Event(), threading.Event()
    await made.act(700)
    read = log.reads.rows

    def slow(*asked):
        found = read(*asked)
        if asked[0] == LEAVES:
            if reads.is_set():
                time.sleep(0.1)  # who reads second is not to be done first
            reads.set()
            on.wait(5)
        return found

    monkeypatch.setattr(log.reads, "rows", slow)
    stopped = asyncio.create_task(log.watch())
    await asyncio.to_thread(reads.wait, 5)
    stopped.cancel()
    await asyncio.sleep(0.05)
    on.set()
    await asyncio.wait([stopped])
    leaves = leaves_of(made)
    last = log.reads.last()
    assert (last.size, last.root) == (len(leaves), root_of(leaves))
    assert wrong_in(log.reads) == []


async def test_a_stop_while_the_log_takes_up_waits_for_that(made, monkeypatch):
    log, begun, on, at_work = made.audit.log, threading.Event(), threading.Event(), []
    log._ahead = True
    frontier = log.reads.frontier

    def slow(size):
        at_work.append(len(at_work))
        begun.set()
        on.wait(5)
        at_work.pop()
        return frontier(size)

    monkeypatch.setattr(log.reads, "frontier", slow)
    stopped = asyncio.create_task(log.watch())
    await asyncio.to_thread(begun.wait, 5)
    stopped.cancel()
    await asyncio.sleep(0.05)
    assert at_work == [0]
    on.set()
    await asyncio.wait([stopped])
    assert log.reads.last().size == log.reads.size()


async def test_a_last_checkpoint_that_fails_is_told(made, monkeypatch):
    log = made.audit.log
    stopped = asyncio.create_task(log.watch())
    while log.reads.last() is None:  # noqa: ASYNC110 - a test
        await asyncio.sleep(0.01)
    monkeypatch.setattr(log, "_step", None)
    stopped.cancel()
    with capture_logs() as logs:
        await asyncio.wait([stopped])
    assert [(one["event"], one["error"]) for one in logs] == [("checkpoint not signed", "TypeError")]


async def test_a_log_that_lacks_a_tile_is_refused(made):
    await made.act(600)
    await made.audit.log.checkpoint()
    reads = made.audit.log.reads
    reads.rows = lambda *asked: [] if asked[0] == TILE_HASHES else type(reads).rows(reads, *asked)
    with pytest.raises(Unsafe, match="lacks tile 0"):
        list(reads.leaves(0, 600))


async def test_proofs_from_tiles_are_those_of_the_acts(made):
    await made.act(1500)
    log, signed = made.audit.log, await made.audit.log.checkpoint()
    leaves, chance = leaves_of(made), random.Random(1)
    for seq in chance.sample(range(len(leaves)), 20):
        verify_inclusion(leaves[seq], seq, signed.size, log.inclusion(seq, signed.size), signed.root)
    for _ in range(10):
        first = chance.randrange(signed.size)
        end = chance.randrange(first, signed.size + 1)
        assert list(log.reads.leaves(first, end)) == leaves[first:end]
        proof = range_proof(log.reads.subtree, first, end, signed.size)
        assert range_root(leaves[first:end], first, end, signed.size, proof) == signed.root


async def test_tiles_of_tiles_have_their_roots(made, monkeypatch):
    """With tiles of four, so that three levels come of few acts."""
    monkeypatch.setattr("service.audit.reads.WIDTH", 4)
    monkeypatch.setattr("service.audit.log.WIDTH", 4)
    monkeypatch.setattr("service.audit.reads._BITS", 2)
    await made.act(150)
    signed = await made.audit.log.checkpoint()
    reads, leaves = made.audit.log.reads, leaves_of(made)
    rows = reads.rows("SELECT level, number, root FROM log_tiles")
    assert {level for level, _, _ in rows} == {0, 1, 2}
    for level, number, root in rows:
        wide = 4 ** (level + 1)
        assert root == root_of(leaves[number * wide : (number + 1) * wide])
    assert reads.frontier(signed.size).root() == signed.root


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE log_tiles SET hashes = zeroblob(8192)", "tile 0"),
        ("UPDATE log_checkpoints SET root = zeroblob(32) WHERE size = 1000", "checkpoint 1000"),
        ("UPDATE log_checkpoints SET note = replace(note, 'AI', 'AJ')", ""),
        ("UPDATE acts SET body = CAST(body || ' ' AS BLOB) WHERE seq = 5", "tile 0"),
        ("DELETE FROM acts WHERE seq = (SELECT max(seq) FROM acts)", "there are only"),
        ("INSERT INTO log_checkpoints VALUES (999999, x'00', 'now', '')", "999999"),
    ],
)
async def test_what_does_not_follow_from_the_acts_is_found(tmp_path, sql, says):
    async with open_made(tmp_path / "data") as made:
        await made.act(1300)
        await made.audit.log.checkpoint()
        database = sqlite3.connect(made.folder / "qingliu.db")
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        changed = database.execute(sql).rowcount
        database.commit()
        database.close()
        assert changed
        wrong = wrong_in(made.audit.log.reads)
        assert not says or [one for one in wrong if says in one]


@pytest.mark.parametrize("table", ["log_tiles", "log_checkpoints", "log_keys"])
async def test_the_log_is_insert_only(made, table):
    await made.act(300)
    await made.audit.log.checkpoint()
    database = sqlite3.connect(made.folder / "qingliu.db")
    for sql in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = rowid + 9"):
        with pytest.raises(sqlite3.DatabaseError, match="INSERT-only"):
            database.execute(sql)
    database.close()


# Killed


def killed(folder, chance):
    """A house that writes and signs, killed at some moment; what it had acknowledged."""
    command = [sys.executable, str(HOUSE), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HOUSE.parents[3]) as process:
        told = process.stdout.readline()
        assert told.startswith("ready"), told
        acknowledged = [int(process.stdout.readline()) for _ in range(chance.randrange(2, 40))]
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read().split()
    return max([*acknowledged, *map(int, rest[:-1])])


@pytest.mark.parametrize("times", [1, pytest.param(100, marks=pytest.mark.slow)])
async def test_a_kill_loses_no_leaf_and_contradicts_no_checkpoint(tmp_path, times):
    migrated(tmp_path / "data" / "qingliu.db")
    chance, seen = random.Random(6), []
    for _ in range(times):
        acknowledged = killed(tmp_path / "data", chance)
        async with open_made(tmp_path / "data") as made:
            reads = made.audit.log.reads
            assert reads.size() > acknowledged
            assert wrong_in(reads) == []
            now = await made.audit.log.checkpoint()
            for one in seen:
                assert reads.checkpoint(one.size) == one
                proof = made.audit.log.consistency(one.size, now.size)
                verify_consistency(one.size, one.root, now.size, now.root, proof)
            seen = [*seen[-5:], *reads.checkpoints(below=now.size + 1, limit=3)]
            seqs = [seq for (seq,) in reads.rows("SELECT seq FROM acts ORDER BY seq")]
            assert seqs == list(range(len(seqs)))


# Keys


def test_the_first_start_makes_a_key_that_nobody_else_reads(tmp_path):
    settings = Settings(data=tmp_path)
    signer = open_signer(settings)
    assert stat.S_IMODE(settings.audit_key_file.stat().st_mode) == 0o600
    assert open_signer(settings).verifier == signer.verifier
    settings.audit_key_file.chmod(0o644)
    with pytest.raises(KeyRefused, match="chmod 600"):
        open_signer(settings)


def test_a_key_may_come_from_the_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("QINGLIU_AUDIT_KEY", "ab" * 32)
    settings = Settings(data=tmp_path)
    assert open_signer(settings).verifier == signer_from("qingliu", b"\xab" * 32).verifier
    assert not settings.audit_key_file.exists()
    assert "ab" * 32 not in repr(settings)


async def test_a_key_is_followed_by_the_one_that_it_endorsed(made, tmp_path):
    old, new = made.audit.log.signer, signer_from("qingliu", b"n" * 32)
    first = await made.audit.log.checkpoint()
    await made.audit.log.rotate(new)
    in_use = KeyInUse(Settings(data=made.folder))
    private.put(made.folder / "audit.key", b"n" * 32, over=True)
    assert in_use().verifier == new.verifier
    made.audit.log._signer = in_use
    second = await made.audit.log.checkpoint()
    notes = [endorsement for _, endorsement, _ in made.audit.log.reads.signers()]
    assert trusted(old.verifier, filter(None, notes)) == [old.verifier, new.verifier]
    assert opened(first.note, old.verifier)
    assert opened(second.note, new.verifier)
    with pytest.raises(NoteRefused):
        opened(second.note, old.verifier)
    # Who trusts the old key can check a pack that the new one signed.
    await made.act(3)
    pack = await made.pack()
    done = verify_export.check(pack, key=str(old.verifier))
    assert done.found == []
    assert wrong_in(made.audit.log.reads) == []


def test_a_forged_endorsement_is_no_endorsement():
    old, new, thief = (signer_from("log", bytes([n]) * 32) for n in range(3))
    good = endorsed(old, new.verifier)
    assert follows(good) == (old.verifier, new.verifier)
    forged = good.replace(str(new.verifier), str(thief.verifier))
    with pytest.raises(NoteRefused):
        follows(forged)
    assert trusted(thief.verifier, [good]) == [thief.verifier]


@pytest.mark.parametrize(
    "told",
    ["", "x", "a\n\n— b c\n", "a\n\n— b AAAA\n", "a\n\nb AAAAAAAAAA==\n", "a\n\n— b AAAAAAAAAA=="],
)
def test_what_is_no_note_is_refused(told):
    with pytest.raises(NoteRefused):
        note_from(told)


@pytest.mark.parametrize("told", ["", "a", "a+00000000+AAAA", "a b+00000000+" + "A" * 44, "a+00000000+AQ" + "A" * 42])
def test_what_is_no_key_is_refused(told):
    with pytest.raises(NoteRefused):
        verifier_from(told)


@pytest.mark.parametrize("text", ["a\n1\n", "a\nx\nAAAA\ntime t\n", "a\n01\n" + "A" * 43 + "=\ntime t\n"])
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(NoteRefused):
        checkpoint_from(text)


# Witnesses


class Answers:
    """A log as a witness asks it; ``made`` may be swapped for another."""

    def __init__(self, made):
        self.made = made

    def checkpoint(self):
        reads = self.made.audit.log.reads
        keys = reads.signers()
        return Told(reads.last().note, [key for key, _, _ in keys], [one for _, one, _ in keys])

    def consistency(self, old, new):
        return [b64encode(one).decode() for one in self.made.audit.log.consistency(old, new)]


async def test_a_witness_cosigns_what_goes_on_and_refuses_all_else(tmp_path):
    seed = {"audit_key": "cd" * 32}
    async with open_made(tmp_path / "a", **seed) as good, open_made(tmp_path / "b", **seed) as evil:
        witness = Witness(tmp_path / "w", "witness", pinned=good.key)
        await good.act(300)
        await good.audit.log.checkpoint()
        answers = Answers(good)
        for number in (0, 1, 500):
            await good.act(number)
            await good.audit.log.checkpoint()
            note = note_from(witness.look(answers))
            assert signed_by(note, witness.signer.verifier)
        seen = witness.seen
        size = await good.audit.log.witnessed(seen, [str(witness.signer.verifier)])
        assert witness.signer.name in good.audit.log.reads.cosigned(good.audit.log.reads.checkpoint(size))
        # The same key, another log: smaller, of the same size, larger.
        answers.made = evil
        for number, code in ((5, "rolled-back"), (size - 5 - evil.audit.log.reads.size(), "forked"), (9, "rewritten")):
            await evil.act(number, mark="evil")
            await evil.audit.log.checkpoint()
            with pytest.raises(LogRefused) as refused:
                witness.look(answers)
            assert (refused.value.code, "条" in refused.value.told.zh) == (code, True)
        assert witness.seen == seen, "nothing is kept of what is refused"
        answers.made = good
        witness.look(answers)


async def test_a_witness_refuses_another_key(tmp_path, made):
    await made.audit.log.checkpoint()
    witness = Witness(tmp_path / "w", "w", pinned=str(signer_from("qingliu", b"z" * 32).verifier))
    with pytest.raises(LogRefused) as refused:
        witness.look(Answers(made))
    assert refused.value.code == "wrong-key"


async def test_cosignatures_of_strangers_are_not_kept(made):
    note = note_from((await made.audit.log.checkpoint()).note)
    stranger, known = (signer_from(name, name.encode() * 32, COSIGNATURE) for name in "sk")
    signed = note._replace(signatures=(stranger.signature(note.text, at=1),))
    other = note._replace(text=note.text.replace("qingliu", "another"))
    for wrong in (signed, note, other._replace(signatures=(known.signature(other.text, at=1),))):
        with pytest.raises(NoteRefused):
            await made.audit.log.witnessed(str(wrong), [str(known.verifier)])
