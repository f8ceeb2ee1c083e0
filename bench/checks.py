"""The promises: which ratios this project means to keep, and whether a run kept them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_GROWTH: Final = 2.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One ratio and its bound: a least value, or a most where ``most`` is set."""

    zh: str
    en: str
    value: float
    bound: float
    most: bool = False

    @property
    def met(self) -> bool:
        """Whether the promise was kept."""
        return self.value <= self.bound if self.most else self.value >= self.bound

    def told(self) -> dict[str, Any]:
        """As JSON carries it."""
        sign = "<=" if self.most else ">="
        return {"name": self.en, "value": round(self.value, 3), "bound": f"{sign} {self.bound}", "met": self.met}


def checks(result: dict[str, Any]) -> list[Check]:
    """All that can be checked in what was measured."""
    found: list[Check] = []
    if "engine" in result:
        found.extend(_engine(result["engine"]["corpora"]))
    if "http" in result:
        found.extend(_http(result["http"]["targets"]))
    if "linear" in result:
        found.extend(_linear(result["linear"]))
    return found


def _engine(corpora: dict[str, Any]) -> Iterator[Check]:
    speeds = {name: told["texts_per_second"] for name, told in corpora.items()}
    clean, everyday, samples = (
        {key: told["median"] for key, told in speeds[name].items()} for name in ("clean", "everyday", "samples")
    )
    yield Check(
        zh="完整审核 / 折叠+匹配，正常评论",
        en="whole verdict / fold+match, clean comments",
        value=clean["verdict"] / clean["fold"],
        bound=0.5,
    )
    yield Check(
        zh="完整审核 / 折叠+匹配，日常评论",
        en="whole verdict / fold+match, everyday comments",
        value=everyday["verdict"] / everyday["fold"],
        bound=0.5,
    )
    yield Check(
        zh="完整审核 / 折叠+匹配，samples/",
        en="whole verdict / fold+match, samples/",
        value=samples["verdict"] / samples["fold"],
        bound=0.2,
    )
    yield Check(
        zh="折叠+匹配 / 朴素流程，逐条",
        en="fold+match / naive pipeline, single",
        value=clean["fold"] / clean["naive"],
        bound=5,
    )
    yield Check(  # a batch is folded text by text as well: ADR 27
        zh="折叠+匹配 / 朴素流程，批量",
        en="fold+match / naive pipeline, batch",
        value=clean["fold"] / clean["naive"],
        bound=15,
    )


def _http(targets: dict[str, Any]) -> Iterator[Check]:
    echo = targets["echo"]["requests_per_cpu_second"]
    yield Check(
        zh="逐条审核并落盘 / 空回显，每 CPU 秒请求数",
        en="durable POST / bare echo, requests per CPU second",
        value=targets["single"]["requests_per_cpu_second"] / echo,
        bound=0.4,
    )
    yield Check(
        zh="批量审核并落盘的文本数 / 空回显请求数，每 CPU 秒",
        en="durable texts in batches / echo requests, per CPU second",
        value=targets["batch"]["texts_per_cpu_second"] / echo,
        bound=1.3,
    )


def _linear(families: dict[str, Any]) -> Iterator[Check]:
    worst = max(families, key=lambda name: float(families[name]["ratio"]))
    yield Check(
        zh=f"两倍长度的代价，最坏一类（{worst}）",
        en=f"cost(2n)/cost(n), worst family ({worst})",
        value=families[worst]["ratio"],
        bound=MOST_GROWTH,
        most=True,
    )
