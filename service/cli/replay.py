"""``qingliu replay``: judges the decisions of a pack again, with the rules and weights that were kept."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from zipfile import BadZipFile, ZipFile

import orjson
import typer

from models import ngram, second
from models.card import read_card
from models.tensors import WeightsRefused
from moderation.errors import LoadErrors
from moderation.load import load_engine
from service.audit.archive import Archive, NotKept, stage_in
from service.audit.make import RECORDS
from service.audit.records import Lookup
from service.audit.replay import Bench, Rulebook, by_content, by_policy, decisions_in
from service.audit.stages import in_force
from service.cli.packs import with_log
from service.cli.say import Data, Json, Tenant, fail, fail_loading, out, print_json, settings
from service.cli.words import Lang, Tongue, say
from service.experts import name_of
from service.wiring_expert import ExpertRefused, find_second, open_expert

if TYPE_CHECKING:
    from service.audit.replay import Replayed
    from service.ports import TextModel
    from service.settings import Settings
    from service.wiring_audit import Audit

_SHOWN: Final = 20


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("replay", help="用归档的规则与模型重新推导审计包中的机器决定，逐条列出不一致之处。")(replay)


def replay(  # noqa: PLR0913 - the options of a command line
    pack: Annotated[Path, typer.Argument(help="审计包（.zip）", exists=True, dir_okay=False, show_default=False)],
    *,
    full: Annotated[bool, typer.Option("--full", help="由留存的内容重新判断，而不只由所记信号重算处置")] = False,
    rules: Annotated[
        Path | None, typer.Option(help="改用这一词库目录，看哪些决定会不同", file_okay=False, show_default=False)
    ] = None,
    listed: Annotated[
        Path | None, typer.Option("--out", help="把每一条不一致写入此文件（JSONL）", show_default=False)
    ] = None,
    tenant: Tenant = "default",
    data: Data = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """Judges again; ends with 1 if anything differs."""
    chosen = settings(data=data)
    try:
        with ZipFile(pack) as archive:
            archive.getinfo(RECORDS)
    except (BadZipFile, KeyError):
        fail(say(lang.lang, f"不是审计包：{pack}", f"no pack: {pack}"))
    try:
        instead = load_engine(rules, chosen.scenes) if rules is not None else None
    except LoadErrors as errors:
        fail_loading(errors)

    async def work(audit: Audit) -> list[Replayed]:
        reads = audit.log.reads
        book = Rulebook(reads, Archive(chosen.archived), tenant, instead=instead)
        lookup = Lookup(reads, tenant)
        bench = Bench(in_force(reads), partial(stage, chosen))
        return await asyncio.to_thread(_all, pack, book, lookup, bench if full else None)

    done: list[Replayed] = with_log(data, tenant, lang.lang, work)
    differing = [one for one in done if one.differs]
    left = [one for one in done if one.why]
    if listed is not None:
        listed.write_bytes(b"".join(orjson.dumps(one._asdict()) + b"\n" for one in (*differing, *left)))
    told: dict[str, Any] = {
        "decisions": len(done),
        "same": len(done) - len(differing) - len(left),
        "differ": len(differing),
        "left": len(left),
    }
    if json:
        print_json({**told, "listed": [one._asdict() for one in (*differing, *left)[:1000]]})
    else:
        out.print(
            say(
                lang.lang,
                "共 {decisions} 条机器决定：一致 {same}，不一致 {differ}，无法重判 {left}",
                "{decisions} decisions: {same} the same, {differ} differ, {left} could not be judged again",
            ).format(**told),
            markup=False,
        )
        for one in (*differing, *left)[:_SHOWN]:
            out.print(f"  {one.seq} {one.id} {', '.join(one.differs) or one.why}", markup=False)
    if differing:
        raise typer.Exit(1)


def _all(pack: Path, book: Rulebook, lookup: Lookup, bench: Bench | None) -> list[Replayed]:
    done: list[Replayed] = []
    for records in decisions_in(pack):
        done += by_policy(records, book) if bench is None else by_content(records, book, lookup, bench)
    return done


def stage(chosen: Settings, name: str) -> TextModel:
    """The stage of the text expert of this name, ``NAME@DIGITS``, kept or of the settings. Raises ``NotKept``."""
    called, _, digits = name.partition("@")
    try:
        folder = Archive(chosen.archived).stage(digits) or stage_in(chosen.trained, digits)
        if folder is None:
            return _of_settings(chosen, name)
        if called != second.NAME:
            return ngram.load(folder)
        first = read_card(folder / "cards" / f"{second.NAME}.json").beside
        beside = stage(chosen, f"{ngram.NAME}@{first}")
        assert isinstance(beside, ngram.Ngram)
        return second.load(beside, folder, wish=chosen.second_runtime)
    except (WeightsRefused, ExpertRefused) as error:
        raise NotKept(f"{name}: {error}") from None


def _of_settings(chosen: Settings, name: str) -> TextModel:
    """What the settings name, if it is of this name: somebody else's classifier is kept nowhere."""
    first = open_expert(chosen)
    if first is not None and name.startswith(name_of(first)):
        return first
    opens = find_second(chosen, first)
    if opens is not None and (name == opens.name or name.startswith(f"{Path(opens.name).name}@")):
        model = opens.load()
        if name in {opens.name, name_of(model)}:
            return model
    raise NotKept(name)
