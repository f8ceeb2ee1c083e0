"""The only place that knows which backend is real: settings in, a running service out."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from models.card import HEADS
from service.accounts import Accounts
from service.chamber import Chamber
from service.escalation import LOADING, Escalation
from service.keys import Keys
from service.labels import Labels
from service.ledger import Ledger
from service.lexicons import Lexicons
from service.lockout import Delays
from service.moderate import Moderation
from service.notify import Relay
from service.outbound import Sender
from service.passwords import Passwords
from service.review.archive import Archive
from service.review.checks import checks_of
from service.review.desk import Desk
from service.review.search import Search
from service.review.urgency import DUE_SECONDS, Deadlines
from service.rules import Aside, Rules
from service.secret import check, keep_check, open_secret
from service.sessions import Sessions
from service.started import record_settings, record_start
from service.store import db
from service.store.appeal_reads import Appeals
from service.store.desk_reads import DeskReads
from service.store.journal import SqliteJournal
from service.store.notice_reads import Notices
from service.store.people_reads import People
from service.store.reads import Reads
from service.tasks import beside
from service.views import Views
from service.webhooks import Webhooks
from service.weights import Weights
from service.wiring_audit import Audit, open_audit, open_vault
from service.wiring_creators import Creators, open_creators
from service.wiring_duty import Duties, join_rooms, open_duties
from service.wiring_expert import cards_of, check_heads, find_second, open_weights
from service.wiring_hearing import open_hearing
from service.wiring_rooms import open_rooms
from service.wiring_rules import open_rulebook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import aiosqlite

    from service.live.rooms import Rooms
    from service.ports import Expert, TextModel
    from service.rulebook.book import Rulebook
    from service.secret import Secret
    from service.settings import Settings
    from service.vault import Vault
    from service.wiring_expert import Opens


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether the service can do its work, and why not. Reasons are machine codes."""

    ready: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The open database: the ledger that writes, and what reads."""

    ledger: Ledger
    vault: Vault
    """What seals words, and opens them."""
    secret: Secret
    reads: Reads
    people: People
    desk_reads: DeskReads
    appeals: Appeals
    views: Views
    keys: Keys
    notices: Notices
    background: aiosqlite.Connection
    """For reading, beside those who read for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """What people said of texts, and the weights that were learnt from it. ``heads`` are those that may be named."""

    labels: Labels
    weights: Weights
    heads: Sequence[str]
    store: Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A running service: its parts, open until the context ends."""

    settings: Settings
    keys: Keys
    accounts: Accounts
    sessions: Sessions
    rules: Rules
    lexicons: Lexicons
    rulebook: Rulebook
    """By which people change rules."""
    labels: Labels
    weights: Weights
    moderation: Moderation
    rooms: Rooms
    """The live rooms."""
    desk: Desk
    """Where people work on what was left to them."""
    archive: Archive
    """What they see there."""
    search: Search
    desk_reads: DeskReads
    appeals: Appeals
    """What is read of appeals, and of what counts against creators."""
    views: Views
    """The filters that people saved."""
    ledger: Ledger
    hearing: Expert | None
    """Where the text expert works; ``None`` when it is off."""
    webhooks: Webhooks
    relay: Relay
    """What sends notices."""
    audit: Audit
    creators: Creators
    duties: Duties
    """What live shows owe."""

    def health(self) -> Health:
        """Cheap enough for every probe: no input or output."""
        reasons = []
        if self.ledger.trouble is not None:
            reasons.append("ledger_unwritable")
        if self.ledger.closing:
            reasons.append("stopping")
        if isinstance(self.hearing, Escalation) and self.hearing.absent == LOADING:
            reasons.append("second_stage_loading")
        return Health(ready=not reasons, reasons=tuple(reasons))


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """Migrates the database, checks its durability, starts the ledger; drains it on the way out.

    Raises ``SecretRefused`` and ``store.db.Unsafe``.
    """
    path, patience = settings.database, settings.busy_timeout
    await asyncio.to_thread(db.migrate, path, busy_timeout=patience)
    async with AsyncExitStack() as stack:
        reader = await db.open_reader(path, busy_timeout=patience)
        reads = Reads(reader)
        stack.push_async_callback(reads.close)
        desk_reads = DeskReads(await db.open_reader(path, busy_timeout=patience))
        stack.push_async_callback(desk_reads.close)
        # What is sent is looked for all the time; it must not stand in the way of those who read for an answer.
        background = await db.open_reader(path, busy_timeout=patience)
        stack.push_async_callback(background.close)
        engine = db.make_async_engine(path, write=False, busy_timeout=patience)
        stack.push_async_callback(engine.dispose)
        secret = await asyncio.to_thread(partial(open_secret, settings, written=await reads.written()))
        vault = await asyncio.to_thread(open_vault, settings, secret)
        stack.callback(vault.close)
        await asyncio.to_thread(check, settings, secret, vault.opens)
        journal = await SqliteJournal.opened(path, busy_timeout=patience, vault=vault)
        ledger = Ledger(
            journal,
            queue_rows=settings.queue_rows,
            queue_bytes=settings.queue_bytes,
            group_rows=settings.group_rows,
        )
        ledger.start()
        stack.push_async_callback(ledger.close)
        yield Store(
            ledger=ledger,
            reads=reads,
            people=People(reader),
            desk_reads=desk_reads,
            appeals=Appeals(reader),
            views=Views(ledger, reader),
            notices=Notices(background),
            background=background,
            keys=Keys(ledger, reads, engine),
            vault=vault,
            secret=secret,
        )


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncIterator[Service]:
    """Everything, ready to judge.

    Raises ``LoadErrors``, ``ExpertRefused``, ``SecretRefused``, ``FormulaError``, and ``store.db.Unsafe``.
    """
    async with open_store(settings) as store, AsyncExitStack() as stack:
        ledger, secret = store.ledger, store.secret
        await asyncio.to_thread(keep_check, settings, secret)
        weights, model, opens = await _expert(settings, store)
        hearing = await stack.enter_async_context(open_hearing(settings, model, opens))
        rules = await Rules.opened(settings.lexicons, settings.scenes, ledger=ledger, reads=store.reads)
        if model is not None:
            check_heads(model, rules.engine.ruleset)
        await record_settings(settings, ledger, store.reads)
        await record_start(settings, ledger, rules, model, "off" if opens is None else opens.name)
        deadlines, chamber = deadlines_of(settings), Chamber()
        stack.callback(chamber.close)
        duties = open_duties(ledger, store.background, rules=rules, hearing=hearing, chamber=chamber)
        creators = await stack.enter_async_context(open_creators(settings, ledger, secret))
        moderation = Moderation(
            rules, ledger, store.reads, hearing, deadlines, duties.binding, creators.book, chamber=chamber
        )
        stack.push_async_callback(moderation.close)
        rooms = await stack.enter_async_context(
            open_rooms(settings, rules, ledger, hearing, deadlines, chamber=chamber)
        )
        await join_rooms(duties, rooms)
        desk = Desk(ledger, rules, deadlines, checks_of(settings, secret.marked), moderation.judged)
        await stack.enter_async_context(_watching(rules, desk, weights, hearing, duties))
        book = await stack.enter_async_context(open_rulebook(settings, store, rules, chamber))
        relay = await stack.enter_async_context(_relaying(settings, store, secret))
        audit = await stack.enter_async_context(open_audit(settings, store, cards_of(settings, opens)))
        passwords = Passwords()
        yield Service(
            settings=settings,
            keys=store.keys,
            accounts=Accounts(ledger, store.reads, store.people, passwords),
            sessions=_sessions(settings, store, secret, passwords),
            rules=rules,
            lexicons=book.lexicons,
            rulebook=book,
            labels=Labels(ledger, store.reads),
            weights=weights,
            moderation=moderation,
            rooms=rooms,
            desk=desk,
            archive=Archive(moderation, store.desk_reads, store.appeals, rules),
            search=Search(moderation, store.desk_reads),
            desk_reads=store.desk_reads,
            appeals=store.appeals,
            views=store.views,
            ledger=ledger,
            hearing=hearing,
            webhooks=Webhooks(ledger, store.notices, secret, private=settings.webhook_private),
            relay=relay,
            audit=audit,
            creators=creators,
            duties=duties,
        )


async def _expert(settings: Settings, store: Store) -> tuple[Weights, TextModel | None, Opens | None]:
    """The weights that are active, the first stage that they are of, and a second one to open beside it."""
    weights = Weights(store.ledger, store.reads, partial(open_weights, settings))
    model = None if settings.expert == "off" else await weights.start()
    return weights, model, await asyncio.to_thread(find_second, settings, model)


def _sessions(settings: Settings, store: Store, secret: Secret, passwords: Passwords) -> Sessions:
    delays = Delays(clock=monotonic)
    return Sessions(
        store.ledger, store.people, passwords=passwords, secret=secret, delays=delays, life=settings.session_life
    )


@asynccontextmanager
async def _relaying(settings: Settings, store: Store, secret: Secret) -> AsyncIterator[Relay]:
    """What sends notices, while it lasts."""
    relay = Relay(store.notices, store.ledger, secret, Sender(private=settings.webhook_private))
    relay.start()
    try:
        yield relay
    finally:
        await relay.close()


@asynccontextmanager
async def _watching(
    rules: Rules, desk: Desk, weights: Weights, hearing: Expert | None, duties: Duties
) -> AsyncIterator[None]:
    """While it lasts, what other processes change is heard of and deadlines are kept."""
    works = {"lexicons": rules.watch(), "deadlines": desk.watch(), "endings": duties.alerts.watch()}
    if hearing is not None:
        works["weights"] = weights.watch(hearing)
    async with beside(**works):
        yield


def deadlines_of(settings: Settings) -> Deadlines:
    """The deadlines and the lease that the settings ask for."""
    due = {**DUE_SECONDS, **settings.review_due}
    return Deadlines(due=due, lease=settings.review_lease, appeal_days=settings.appeal_days)


@asynccontextmanager
async def open_keys(settings: Settings) -> AsyncIterator[Keys]:
    """Only the keys, for the command line beside a running service: no rules are loaded."""
    async with open_store(settings) as store:
        yield store.keys


@asynccontextmanager
async def open_accounts(settings: Settings) -> AsyncIterator[Accounts]:
    """Only the people, for the command line beside a running service, which hears of changes at once."""
    async with open_store(settings) as store:
        yield Accounts(store.ledger, store.reads, store.people, Passwords())


@asynccontextmanager
async def open_lexicons(settings: Settings) -> AsyncIterator[tuple[Lexicons, Store]]:
    """Tenants' lexicons, for the command line beside a running service, which hears of changes by itself.

    Raises ``LoadErrors`` for broken shared rules.
    """
    async with open_store(settings) as store:
        yield Lexicons(store.ledger, store.reads, Aside(settings.lexicons, settings.scenes)), store


@asynccontextmanager
async def open_learning(settings: Settings) -> AsyncIterator[Learning]:
    """Labels and weights, for the command line beside a running service, which hears of changes by itself."""
    async with open_store(settings) as store:
        weights = Weights(store.ledger, store.reads, partial(open_weights, settings))
        yield Learning(labels=Labels(store.ledger, store.reads), weights=weights, heads=HEADS, store=store)


@asynccontextmanager
async def open_webhooks(settings: Settings) -> AsyncIterator[tuple[Webhooks, Store]]:
    """Receivers of notices, for the command line beside a running service, which hears of changes by itself.

    Raises ``SecretRefused`` for a secret that is none.
    """
    async with open_store(settings) as store:
        yield Webhooks(store.ledger, store.notices, store.secret, private=settings.webhook_private), store
