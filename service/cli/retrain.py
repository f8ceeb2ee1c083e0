"""``qingliu retrain``: from the labels of people to weights that may be promoted, if they are shown to be better."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from models import ngram
from models.data import DataRefused, files_of, known_sources, rows_of
from models.fit import Recipe
from models.retrain import FURTHER, FURTHER_OWN, Lesson, people, retrain
from models.robust import filled
from models.tensors import WeightsRefused
from service.cli.evaluate import rounded
from service.cli.labels import with_learning
from service.cli.say import Json, err, fail, out, print_json, settings, why
from service.cli.words import Lang, Tongue, refuse, say, table
from service.keys import CLI
from service.labels import ENOUGH
from service.weights import SHORT, Trained
from service.wiring_expert import weights_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.card import Card
    from models.data import Row
    from models.ngram import Ngram
    from models.retrain import Comparison
    from moderation.reasons import Language
    from service.wiring import Learning

TEN_THOUSAND = 10_000
ANEW_OWN = 60_000
"""So many texts of its own the project writes where everything is learnt anew."""


class _Known(NamedTuple):
    """What the database says before training: the newest label, how many texts are new, the active weights, labels."""

    newest: int
    new: int
    active: str
    labels: list[tuple[str, str, int]]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("retrain")(run)


def run(  # noqa: PLR0913 - the options of a command line
    *,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data", help="训练数据目录或文件，可多次给出；不给则在现行权重上续训", exists=True, show_default=False
        ),
    ] = None,
    exclude: Annotated[
        list[Path] | None,
        typer.Option(
            "--exclude", help="其中的文本一律不用于训练（JSONL）", exists=True, dir_okay=False, show_default=False
        ),
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option(help="评估句式（TOML），只用于比较", exists=True, dir_okay=False, show_default=False),
    ] = None,
    frozen: Annotated[
        list[Path] | None,
        typer.Option("--frozen", help="只用于比较的带标签文本，可多次给出", exists=True, show_default=False),
    ] = None,
    own: Annotated[int | None, typer.Option("--own", help="项目自写文本的条数", min=0, show_default=False)] = None,
    store: Annotated[
        Path | None, typer.Option("--store", help="服务的数据目录（默认 ./data）", show_default=False)
    ] = None,
    json: Json = False,
    lang: Lang = Tongue.ZH,
) -> None:
    """用人工标注重训文本模型：与现行权重在冻结集上比较（成对自助法），确有改进才建议启用。"""  # noqa: D415
    chosen = settings(data=store)
    known = with_learning(store, lang.lang, _known)
    if known.new < ENOUGH:
        zh = f"上次训练以来只有 {known.new} 条文本得到标注，至少需要 {ENOUGH} 条"
        fail(say(lang.lang, zh, f"{known.new} texts got labels since the last training; {ENOUGH} are needed"))
    try:
        active = ngram.load(weights_folder(chosen, known.active))
        lesson = Lesson(
            people(known.labels),
            compared_rows(templates, frozen or ()),
            folders=data or (),
            excluded=exclude or (),
            own=own if own is not None else ANEW_OWN if data else FURTHER_OWN,
            recipe=Recipe() if data else FURTHER,
            reproduce=_command(),
        )
        if missing := lesson.unmeasured():
            names = ", ".join(missing)
            zh = f"冻结集里这些标签的正例或反例太少，无从比较：{names}；请用 --templates 或 --frozen 补充"
            fail(say(lang.lang, zh, f"too few frozen texts to compare {names}: give --templates or --frozen"))
        card, digest, comparison = _trained(active, lesson, chosen.trained)
    except (DataRefused, WeightsRefused, OSError) as error:
        refuse(say(lang.lang, f"无法训练：{why(error, 'zh')}", f"cannot train: {error}"))
    trained = _as_told(card, digest, comparison, known.newest, active.card.sha256)
    with_learning(store, lang.lang, lambda learning: learning.weights.record(trained, by=CLI))
    if json:
        print_json({"sha256": card.sha256, "base": active.card.sha256, **comparison.told()})
    else:
        _tell(card, comparison, lang.lang)


async def _known(learning: Learning) -> _Known:
    reads = learning.store.reads
    new, newest = await reads.labels_since_training()
    rows = [(row.text, row.head, row.value) for row in await reads.labels()]
    return _Known(newest, new, await learning.weights.active(), rows)


def compared_rows(templates: Path | None, frozen: Sequence[Path]) -> list[Row]:
    """Rows that are only compared on. Raises ``DataRefused``."""
    rows = filled(templates) if templates else []
    for path, source in files_of(frozen, ("train", "dev", "select"), known_sources()) if frozen else ():
        rows += rows_of(path, source)
    return rows


def _trained(active: Ngram, lesson: Lesson, home: Path) -> tuple[Card, str, Comparison]:
    """Trains beside the other models; what is proposed stays there under its digest. Gives the card's digest too."""
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".new-", dir=home))
    try:
        card, comparison = retrain(active, lesson, folder, lambda line: err.print(line, markup=False))
        digest = sha256((folder / "cards" / f"{ngram.NAME}.json").read_bytes()).hexdigest()
        if comparison.proposed and not (home / card.sha256).exists():
            folder.chmod(0o755)
            folder.rename(home / card.sha256)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return card, digest, comparison


def _as_told(card: Card, digest: str, comparison: Comparison, newest: int, base: str) -> Trained:
    """What goes on record."""
    return Trained(
        sha256=card.sha256,
        card=digest,
        base=base,
        labels=newest,
        proposed=comparison.proposed,
        report=comparison.told(),
        gain=round((comparison.candidate - comparison.active) * TEN_THOUSAND),
        p=round(comparison.p * TEN_THOUSAND),
    )


def _command() -> str:
    return shlex.join(["qingliu", *(Path(word).name if Path(word).exists() else word for word in sys.argv[1:])])


def _tell(card: Card, comparison: Comparison, lang: Language) -> None:
    numbers = [say(lang, "现行", "active"), say(lang, "新", "new"), say(lang, "差（百分点）", "points")]
    listed = table(say(lang, "标签", "head"), *numbers, numbers=numbers)
    for head, told in comparison.heads.items():
        old, new = told["active"], told["candidate"]
        listed.add_row(head, rounded(old), rounded(new), f"{100 * (new - old):+.1f}")
    mean = (comparison.active, comparison.candidate)
    listed.add_row(say(lang, "平均", "mean"), *map(rounded, mean), f"{100 * (mean[1] - mean[0]):+.1f}")
    out.print(listed, soft_wrap=False)
    name = card.sha256[:SHORT]
    rows = say(lang, f"冻结集 {comparison.rows} 条", f"{comparison.rows} frozen texts")
    out.print(f"{rows}，p = {comparison.p:.4f}" if lang == "zh" else f"{rows}, p = {comparison.p:.4f}", markup=False)
    if comparison.proposed:
        zh = f"建议启用：qingliu model promote {name}"
        out.print(say(lang, zh, f"proposed: qingliu model promote {name}"), markup=False)
    else:
        worse = ", ".join(comparison.worse)
        why = say(lang, f"（下降超过一个百分点：{worse}）", f" (worse by more than a point: {worse})") if worse else ""
        out.print(say(lang, f"{name} 不建议启用{why}", f"{name} is not proposed{why}"), markup=False)
