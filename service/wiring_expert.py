"""Opens what the text expert is made of: the weights of both stages, as the settings and the records name them."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from models import checkpoint, ngram, second
from models.tensors import WeightsRefused
from moderation.told import Wrong
from moderation.types import TEXT
from service.experts import DEFAULT, name_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from moderation.ruleset import Ruleset
    from service.ports import TextModel
    from service.settings import Settings


class ExpertRefused(Wrong):
    """The text expert's weights or card are not what they have to be, or scenes ask for what it does not know."""


class Opens(NamedTuple):
    """A second stage that can be loaded, and its name. Loading takes seconds."""

    name: str
    load: Callable[[], TextModel]


def open_expert(settings: Settings) -> TextModel | None:
    """The text expert that the settings ask for; ``None`` when it is off. Raises ``ExpertRefused``."""
    if settings.expert == "off":
        return None
    try:
        return ngram.load(settings.models, settings.expert)
    except WeightsRefused as error:
        raise ExpertRefused(*error.told) from None


def weights_folder(settings: Settings, digest: str) -> Path:
    """Where weights lie: those that the settings name for ``DEFAULT``, those trained from labels by their digest."""
    return settings.models if digest == DEFAULT else settings.trained / digest


def open_weights(settings: Settings, digest: str, card: str) -> TextModel:
    """The text expert of some weights; ``card`` is the digest of their card. Raises ``ExpertRefused``."""
    if digest == DEFAULT:
        model = open_expert(settings)
        if model is None:
            raise ExpertRefused("文本模型已停用", "the text expert is off")
        return model
    folder = weights_folder(settings, digest)
    path = folder / "cards" / f"{ngram.NAME}.json"
    try:
        found = sha256(path.read_bytes()).hexdigest()
        if found != card:
            raise ExpertRefused(
                f"{path} 与记录不符：SHA-256 为 {found[:16]}…，记录为 {card[:16]}…",
                f"{path}: sha256 {found[:16]}…, the record says {card[:16]}…",
            )
        return ngram.load(folder)
    except OSError as error:
        raise ExpertRefused(f"模型卡无法读取：{path}", f"{path}: the card cannot be read: {error.strerror}") from None
    except WeightsRefused as error:
        raise ExpertRefused(*error.within(str(folder))) from None


def check_heads(model: TextModel, ruleset: Ruleset) -> None:
    """Raises ``ExpertRefused`` where rules count on a head that the model does not have: it would never count."""
    for scene, policy in ruleset.policies.items():
        if unknown := policy.experts.get(TEXT, {}).keys() - set(model.card.labels):
            known, heads, name = ", ".join(model.card.labels), ", ".join(sorted(unknown)), name_of(model)
            raise ExpertRefused(
                f"scenes/{scene}.toml：{name} 没有标签 {heads}；它有 {known}",
                f"scenes/{scene}.toml: {name} has no head {heads}; it has {known}",
            )
    for code, category in ruleset.categories.items():
        if unknown := set(category.doubted_by) - set(model.card.labels):
            heads = ", ".join(sorted(unknown))
            raise ExpertRefused(
                f"categories.toml：{code} 的 doubted_by：{name_of(model)} 没有标签 {heads}",
                f"categories.toml: {code}: {name_of(model)} has no head {heads} to doubt it",
            )


def find_second(settings: Settings, first: TextModel | None) -> Opens | None:
    """What opens the second stage that the settings ask for; ``None`` when there is none. Imports nothing heavy.

    Raises ``ExpertRefused`` where one is asked for by name and cannot be had, and for weights that are not whole: what
    is installed and broken is no reason to judge without it in silence.
    """
    wish = settings.second_stage
    if wish == "off" or not isinstance(first, ngram.Ngram):
        return None
    try:
        if wish not in {"auto", second.NAME}:
            asked = checkpoint.CheckpointChoice(wish, settings.second_labels, settings.second_download)
            return Opens(checkpoint.sound(asked), partial(checkpoint.load, first, asked))
        if wish == "auto" and not second.fits(first, settings.models, wish=settings.second_runtime):
            return None
        name = second.sound(first, settings.models, wish=settings.second_runtime)
    except WeightsRefused as error:
        raise ExpertRefused(*error.told) from None
    return Opens(name, partial(second.load, first, settings.models, wish=settings.second_runtime))


def cards_of(settings: Settings, opens: Opens | None) -> list[str]:
    """The cards in the folder of models of the stages that are heard; somebody else's checkpoint has none there."""
    named = [settings.expert, "" if opens is None else opens.name.partition("@")[0]]
    return [name for name in named if name in {ngram.NAME, second.NAME}]
