"""What Prometheus is told. Labels are closed lists (routes, statuses, scenes, actions), never what a client may choose.

Requests are tallied in plain integers and turned into metric families when Prometheus asks: the library's own
counters lock on every increment.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate
from time import time
from typing import TYPE_CHECKING, Final, NamedTuple

from prometheus_client import CollectorRegistry, Gauge, Histogram, Info, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from moderation.types import Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prometheus_client import Metric

    from moderation.types import Action, Opinion, Verdict

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ROWS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


@dataclass(slots=True)
class _Times:
    """How long something took, by the bounds of ``_SECONDS``."""

    total: float = 0.0
    slots: list[int] = field(default_factory=lambda: [0] * (len(_SECONDS) + 1))

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulative counts, as the exposition format wants them."""
        seen, told = 0, []
        for bound, count in zip([*map(str, _SECONDS), "+Inf"], self.slots, strict=True):
            seen += count
            told.append((bound, float(seen)))
        return told


class Latency(NamedTuple):
    """How long a route took, in milliseconds: the mean, and the bound of the bucket that holds the 95th percentile."""

    method: str
    route: str
    asked: int
    mean: str
    p95: str


class Commits(NamedTuple):
    """The ledger's commits: how many, and rows and milliseconds of one on average."""

    number: int
    rows: float
    milliseconds: float


class Backlog(NamedTuple):
    """Items of the desk that waited when they were counted last: how many, and since when the oldest, in epoch seconds.

    ``counted`` is when that was, by the monotonic clock.
    """

    waiting: int = 0
    since: float | None = None
    counted: float = float("-inf")


class Metrics(Collector):
    """Keeps the tallies of one process."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, int], int] = {}
        self._times: dict[tuple[str, str], _Times] = {}
        self._verdicts: dict[tuple[str, Action, bool], int] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._group_rows = Histogram(
            "qingliu_ledger_group_rows", "Decisions in one commit.", buckets=_ROWS, registry=self._registry
        )
        self._group_seconds = Histogram(
            "qingliu_ledger_group_seconds", "Time of one commit.", buckets=_SECONDS, registry=self._registry
        )
        self._expert_seconds = Histogram(
            "qingliu_expert_seconds", "Time of an answer of the text expert.", buckets=_SECONDS, registry=self._registry
        )
        self._room_times = _Times()
        self._missing: dict[str, int] = {}
        self.broken_policies = 0
        """Reports of browsers that a page broke its content security policy."""
        self._sign_ins: dict[str, int] = {}
        self.reviews = Backlog()
        self._ruleset = Info("qingliu_ruleset", "The active ruleset.", registry=self._registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered. ``route`` is the pattern, not the path."""
        key = method, route, status
        self._requests[key] = self._requests.get(key, 0) + 1
        times = self._times.get(key[:2])
        if times is None:
            times = self._times[key[:2]] = _Times()
        times.total += seconds
        times.slots[bisect_left(_SECONDS, seconds)] += 1

    def judged(self, scene: str, verdict: Verdict) -> None:
        """One content was judged."""
        key = scene, verdict.action, verdict.degraded
        self._verdicts[key] = self._verdicts.get(key, 0) + 1

    def told_in_rooms(self, seconds: Sequence[float]) -> None:
        """Messages of a live room have their verdicts on disk, so long after they came."""
        slots, times = self._room_times.slots, self._room_times
        for each in seconds:
            slots[bisect_left(_SECONDS, each)] += 1
        times.total += sum(seconds)

    def signed_in(self, outcome: str) -> None:
        """Somebody tried to sign in: ``ok``, ``refused`` or ``delayed``."""
        self._sign_ins[outcome] = self._sign_ins.get(outcome, 0) + 1

    def committed(self, rows: int, seconds: float) -> None:
        """The ledger committed a group."""
        self._group_rows.observe(rows)
        self._group_seconds.observe(seconds)

    def heard(self, answers: Sequence[Opinion | Missing], seconds: float) -> None:
        """The text expert answered contents that were asked together, or did not."""
        self._expert_seconds.observe(seconds)
        for answer in answers:
            if isinstance(answer, Missing):
                self._missing[answer.why] = self._missing.get(answer.why, 0) + 1

    def policy_broken(self) -> None:
        """A browser reported that a page broke its policy."""
        self.broken_policies += 1

    @property
    def missing(self) -> int:
        """Contents that the text expert gave nothing on."""
        return sum(self._missing.values())

    def commits(self) -> Commits:
        """What the ledger did since the start."""
        told = {
            sample.name: sample.value
            for histogram in (self._group_rows, self._group_seconds)
            for metric in histogram.collect()
            for sample in metric.samples
        }
        count = int(told["qingliu_ledger_group_rows_count"])
        each = max(count, 1)
        rows, seconds = told["qingliu_ledger_group_rows_sum"], told["qingliu_ledger_group_seconds_sum"]
        return Commits(count, rows / each, seconds * 1000 / each)

    def latencies(self, *, most: int) -> list[Latency]:
        """The routes that were asked most, whatever they answered."""
        told = [_latency(*key, times) for key, times in self._times.items()]
        return sorted(told, key=lambda one: -one.asked)[:most]

    def watch(self, name: str, told: str, read: Callable[[], float]) -> None:
        """A gauge that is read when Prometheus asks."""
        Gauge(name, told, registry=self._registry).set_function(read)

    def page(self, *, ruleset: str) -> bytes:
        """The text exposition."""
        self._ruleset.info({"fingerprint": ruleset})
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The tallies as metric families."""
        requests = CounterMetricFamily(
            "qingliu_http_requests", "Requests answered.", labels=("method", "route", "status")
        )
        for (method, route, status), count in self._requests.items():
            requests.add_metric((method, route, str(status)), count)
        yield requests
        seconds = HistogramMetricFamily(
            "qingliu_http_request_seconds", "Time from a request's header to its answer.", labels=("method", "route")
        )
        for labels, times in self._times.items():
            seconds.add_metric(labels, times.buckets(), times.total)
        yield seconds
        verdicts = CounterMetricFamily("qingliu_verdicts", "Contents judged.", labels=("scene", "action", "degraded"))
        for (scene, action, degraded), count in self._verdicts.items():
            verdicts.add_metric((str(scene), action.code, str(degraded).lower()), count)
        yield verdicts
        rooms = HistogramMetricFamily(
            "qingliu_room_verdict_seconds", "Time from a live room's message to its verdict on disk."
        )
        rooms.add_metric((), self._room_times.buckets(), self._room_times.total)
        yield rooms
        missing = CounterMetricFamily(
            "qingliu_expert_missing", "Contents judged without the text expert.", labels=("why",)
        )
        for why, count in self._missing.items():
            missing.add_metric((why,), count)
        yield missing
        broken = CounterMetricFamily("qingliu_csp_reports", "Reports that a page broke its policy.")
        broken.add_metric((), self.broken_policies)
        yield broken
        yield GaugeMetricFamily("qingliu_reviews_waiting", "Items that wait for a reviewer.", self.reviews.waiting)
        since = self.reviews.since
        age = 0.0 if since is None else max(time() - since, 0.0)
        yield GaugeMetricFamily("qingliu_reviews_oldest_seconds", "How long the oldest of them has waited.", age)
        sign_ins = CounterMetricFamily("qingliu_sign_ins", "Attempts of people to sign in.", labels=("outcome",))
        for outcome, count in self._sign_ins.items():
            sign_ins.add_metric((outcome,), count)
        yield sign_ins


def _latency(method: str, route: str, times: _Times) -> Latency:
    count = sum(times.slots)
    bounds = [*(f"{bound * 1000:g}" for bound in _SECONDS), "> 10000"]
    bound = next(bound for bound, seen in zip(bounds, accumulate(times.slots), strict=True) if seen >= count * 0.95)
    return Latency(method, route, count, f"{times.total * 1000 / max(count, 1):.1f}", bound)
