"""Decisions judged again from their pack, beside contents judged directly: ``python -m bench.replay [COUNT [SHARE]]``.

COUNT contents of all scenes go through the service's batches with the text expert, under two rulesets and a tenant's
own terms that change. All are weighed again by the policy, every SHARE-th is judged again whole. Then another ruleset
stands in for all: what replay reports as changed is set against what judging the same contents directly gives.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from bench.corpus import samples
from moderation.load import LEXICONS, SCENES, load_engine
from moderation.own import engine_with, read_own
from moderation.text.disguise import Disguiser
from moderation.types import TEXT, Author, Part, Role, Scene
from service.audit.archive import Archive
from service.audit.records import Lookup, PackOrder
from service.audit.replay import Bench, Rulebook, by_content, by_policy, decisions_in
from service.audit.stages import in_force
from service.cli.replay import stage
from service.experts import answers
from service.rulebook.linting import clean_texts
from service.settings import Settings
from service.wiring import open_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from moderation.engine import Engine
    from moderation.types import Content, Verdict
    from service.audit.replay import Replayed
    from service.keys import Caller
    from service.moderate import Decided
    from service.ports import TextModel
    from service.wiring import Service

COUNT: Final = 100_000
SHARE: Final = 5
BATCH: Final = 500
TENANT: Final = "shop"
FIRST_DAY: Final = datetime(2026, 1, 5, tzinfo=UTC)
DAYS: Final = 320
INDUSTRIES: Final = (None, None, "food", "cosmetics", "health_food", "medical")
TITLED, LONGER, DISGUISED, AT_HOME = 0.4, 0.3, 0.25, 0.5
"""Shares of the contents that have a title, one more part, a disguise, the scene that they were written for."""
EDITED: Final = 40
"""Every so many contents one comes again, edited: it is the next version of what it was."""
_HEAD: Final = "@owner bench\n@source bench\n@licence Apache-2.0\n@reviewed 2026-11-22\n@verified false\n\n"
_MORE: Final = f"@category absolute_claim\n{_HEAD}好用 | weight: 90\n推荐 | weight: 60\n"
_OWN: Final[tuple[dict[str, str], ...]] = (
    {},
    {"own.txt": f"@category abuse_insult\n{_HEAD}面霜\n银杏\n"},
    {"own.txt": f"@category abuse_insult\n{_HEAD}面霜\n银杏\n"},
    {"own.txt": f"@category contact_diversion\n{_HEAD}快递\n"},
)
"""The tenant's own terms in each of the four parts of a run. The second ruleset comes with the third part."""


class Judged(NamedTuple):
    """What the service decided on a content, and in which part of the run."""

    part: int
    content: Content
    verdict: Verdict


def contents(count: int, makers: Disguiser, seed: int = 10) -> Iterator[Content]:
    """Samples, ordinary sentences and both in company: of any scene, author, day and trade, one in four in disguise."""
    random, kinds = Random(seed), list(makers.makers)
    told = [content for content, _ in samples()]
    clean = clean_texts()
    for number in range(count):
        base = random.choice(told)
        parts = list(base.parts)
        if random.random() < TITLED:
            parts = [Part("title", random.choice(clean)), *parts]
        if random.random() < LONGER:
            parts.append(Part("more", random.choice(random.choice(told).parts).text))
        if random.random() < DISGUISED:
            chosen = random.sample(kinds, 2)
            parts = [replace(part, text=makers.text(chosen, part.text, random)) for part in parts]
        parts[-1] = replace(parts[-1], text=f"{parts[-1].text} {number}")
        edit = number >= 4 * BATCH and number % EDITED == 0
        yield replace(
            base,
            scene=base.scene if random.random() < AT_HOME else random.choice(list(Scene)),
            parts=tuple(Part(f"{place}{part.name}", part.text) for place, part in enumerate(parts)),
            at=FIRST_DAY + timedelta(minutes=random.randrange(DAYS * 24 * 60)),
            id=f"c{number - 3 * BATCH - 1 if edit else number}",
            author=Author(
                id=f"u{random.randrange(999)}", role=random.choice(list(Role)), age_days=random.randrange(99)
            ),
            commercial=random.choice((None, None, True, False)),
            industry=random.choice(INDUSTRIES),
            qualifications=random.choice(((), (), ("国妆特字20230001",), ("广审（2026）第001号",))),
        )


async def decide(service: Service, caller: Caller, count: int, lexicons: Path) -> dict[str, Judged]:
    """All contents through batches, in four parts; gives what was decided by the ids of the decisions."""
    judged: dict[str, Judged] = {}
    source = contents(count, Disguiser(service.rules.engine.ruleset.folding, service.rules.engine.ruleset.variants))
    for part, own in enumerate(_OWN):
        if part == 2:  # noqa: PLR2004 - the third part
            await kept(service)
            (lexicons / "ad_law" / "more.txt").write_text(_MORE, encoding="utf-8")
            await service.rules.reload()
        if own:
            info = await service.lexicons.file(TENANT, own, by="cli")
            await service.lexicons.activate(TENANT, info.version, by="cli")
        until = count * (part + 1) // len(_OWN)
        while batch := list(islice(source, min(BATCH, until - len(judged)))):
            done: list[Decided] = await service.moderation.many(caller, batch)
            judged |= {one.id: Judged(part, one.content, one.verdict) for one in done}
    await kept(service)
    return judged


async def kept(service: Service) -> None:
    """Once the archive has the rules and the weights that are in use."""
    archive, files = Archive(service.settings.archived), service.rules.engine.ruleset.files
    assert service.hearing is not None
    card = getattr(service.hearing.model, "card").sha256  # noqa: B009 - which the port of any expert does not ask for
    while not (archive.stage(card) and all(archive.has(digest) for digest in files.values())):  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def packed(service: Service) -> Path:
    """A pack of all acts."""
    exports = service.audit.exports
    asked = await exports.ask(TENANT, PackOrder(pack="log", formats=()), by="bench")
    while (done := await exports.one(TENANT, asked.id)).state == "waiting":  # noqa: ASYNC110 - made elsewhere
        await asyncio.sleep(0.1)
    assert done.state == "done", done.error
    return exports.archive(done)


def edited(lexicons: Path, folder: Path, *, more: str = "") -> Engine:
    """The same rules, but for absolute claims, which are left to people, and for ``more`` terms."""
    shutil.copytree(lexicons, folder)
    path = folder / "categories.toml"
    head, mark, tail = path.read_text(encoding="utf-8").partition('code = "absolute_claim"')
    assert 'action = "block"' in tail
    path.write_text(head + mark + tail.replace('action = "block"', 'action = "review"', 1), encoding="utf-8")
    if more:
        (folder / "trade" / "more.txt").write_text(more, encoding="utf-8")
    return load_engine(folder, SCENES)


def directly(engine: Engine, model: TextModel, judged: Sequence[Judged]) -> Iterator[Verdict]:
    """What an engine and the text expert make of contents, without replay: the expert is late where it was late."""
    for start in range(0, len(judged), BATCH):
        some = judged[start : start + BATCH]
        readings = engine.read_many([one.content for one in some])
        cases = [engine.examine(one.content, reading) for one, reading in zip(some, readings, strict=True)]
        late = [[gone for gone in one.verdict.missing if gone.source == TEXT] for one in some]
        asks = [case for case, gone in zip(cases, late, strict=True) if case.wants and not gone]
        heard = dict(zip(map(id, asks), answers(model, asks), strict=True)) if asks else {}
        for case, gone in zip(cases, late, strict=True):
            answer = [*gone, *([heard[id(case)]] if id(case) in heard else [])]
            yield case.conclude(*answer)


def outcome(verdict: Verdict) -> tuple[object, ...]:
    """What the policy settles."""
    return verdict.action, verdict.severity, verdict.categories, verdict.effects, verdict.degraded


def whole(verdict: Verdict) -> Verdict:
    """All of it but the name of the ruleset."""
    return verdict._replace(ruleset="")


def told(name: str, done: Sequence[Replayed]) -> set[str]:
    """Prints how many were the same; gives the ids of those that differ."""
    differing = {one.id for one in done if one.differs}
    left = [one for one in done if one.why]
    print(f"{name}: {len(done)} decisions, {len(done) - len(differing) - len(left)} the same, "
          f"{len(differing)} differ, {len(left)} not judged", flush=True)  # fmt: skip
    assert not left, left[:3]
    return differing


def compared(name: str, found: set[str], expected: set[str]) -> None:
    """Prints whether exactly those were reported that judging directly finds changed."""
    print(
        f"{name}: {len(found)} reported, {len(expected)} found directly, {len(found ^ expected)} in one only",
        flush=True,
    )
    assert found == expected != set()


def replayed(service: Service, pack: Path, share: int, judged: dict[str, Judged], folder: Path) -> None:
    """Everything that is shown."""
    reads, archive = service.audit.log.reads, Archive(service.settings.archived)
    lookup, bench = Lookup(reads, TENANT), Bench(in_force(reads), partial(stage, service.settings))
    chunks = list(decisions_in(pack))
    chosen = [records[::share] for records in chunks]

    own = Rulebook(reads, archive, TENANT)

    def by(act: Callable[[Rulebook], Iterable[Replayed]], instead: Engine | None = None) -> list[Replayed]:
        return list(act(own if instead is None else Rulebook(reads, archive, TENANT, instead=instead)))

    def policy(book: Rulebook) -> Iterator[Replayed]:
        return (one for records in chunks for one in by_policy(records, book))

    def full(book: Rulebook) -> Iterator[Replayed]:
        return (one for records in chosen for one in by_content(records, book, lookup, bench))

    assert {one.subject for records in chunks for one in records} == judged.keys()
    print(f"rulesets: {len({one.verdict.ruleset for one in judged.values()})}, by the text expert: "
          f"{sum(any(item.source == TEXT for item in one.verdict.evidence) for one in judged.values())}, degraded: "
          f"{sum(one.verdict.degraded for one in judged.values())}")  # fmt: skip
    assert not told("policy", by(policy))
    assert not told("full", by(full))
    assert service.hearing is not None
    swap(
        partial(by, policy),
        partial(by, full),
        service,
        judged,
        folder,
        [one.subject for some in chosen for one in some],
    )


def swap(  # noqa: PLR0913, PLR0917 - both replays, and what they are set against
    policy: Callable[[Engine], list[Replayed]],
    full: Callable[[Engine], list[Replayed]],
    service: Service,
    judged: dict[str, Judged],
    folder: Path,
    chosen: Sequence[str],
) -> None:
    """Another ruleset in the place of all, at both levels, and the same contents judged directly."""
    assert service.hearing is not None
    model, second = service.hearing.model, service.settings.lexicons
    other = edited(second, folder / "other", more=f"@category fraud_scam\n{_HEAD}包邮\n")
    both = [edited(LEXICONS, folder / "one"), edited(second, folder / "two")]
    mine = [
        engine_with(read_own(own, base.ruleset), base) if own else base
        for own, base in zip(_OWN, (both[0], both[0], both[1], both[1]), strict=True)
    ]
    weighed: set[str] = set()
    for part, engine in enumerate(mine):
        some = {id_: one for id_, one in judged.items() if one.part == part}
        again = directly(engine, model, [*some.values()])
        weighed |= {id_ for id_, verdict in zip(some, again, strict=True) if _other(outcome, verdict, some[id_])}
    compared("policy, another ruleset", told("policy, another ruleset", policy(other)), weighed)
    again = directly(other, model, [judged[id_] for id_ in chosen])
    changed = {id_ for id_, verdict in zip(chosen, again, strict=True) if _other(whole, verdict, judged[id_])}
    compared("full, another ruleset", told("full, another ruleset", full(other)), changed)


def _other(told_of: Callable[[Verdict], object], verdict: Verdict, one: Judged) -> bool:
    return told_of(verdict) != told_of(one.verdict)


async def main(count: int, share: int) -> None:
    """All of it, in a folder of its own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        lexicons = folder / "lexicons"
        shutil.copytree(LEXICONS, lexicons)
        settings = Settings(
            data=folder / "data", lexicons=lexicons, expert="ngram", expert_deadline=60.0, second_stage="off",
            second_review_share=0.0, golden_share=0.0,
        )  # fmt: skip
        async with open_service(settings) as service:
            _, secret = await service.keys.create(TENANT)
            caller = await service.keys.caller(secret)
            assert caller is not None
            judged = await decide(service, caller, count, lexicons)
            pack = await packed(service)
            print(f"decided: {len(judged)}, the pack has {pack.stat().st_size / 1e6:.0f} MB", flush=True)
            await asyncio.to_thread(replayed, service, pack, share, judged, folder)


if __name__ == "__main__":
    asyncio.run(main(*[*map(int, sys.argv[1:]), *(COUNT, SHARE)[len(sys.argv) - 1 :]]))
