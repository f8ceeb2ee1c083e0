"""People: their names, passwords, roles and sessions. What ends a session ends it at once, and nobody is kept out."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count

import pytest

from service import passwords as module
from service.accounts import Accounts, Change, LastAdmin, NoSuchUser, Taken
from service.ids import later, now
from service.ledger import LedgerUnwritable
from service.lockout import CROWD, MOST, ONE, Delayed, Delays, places
from service.passwords import Passwords, PasswordsWaiting, Unfit, fit, name_from
from service.rights import RIGHTS_OF, Right, Role
from service.secret import Secret
from service.sessions import MOST_SESSIONS, Sessions, SignIn, SignInRefused
from service.wiring import open_store

PASSWORD = "correct horse battery"
OTHER = "another long password"


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class House:
    """The people of a database and their sessions, with a clock for the delays."""

    def __init__(self, store, secret=bytes(32)):
        self.store, self.clock = store, Clock()
        self.passwords = Passwords()
        self.accounts = Accounts(store.ledger, store.reads, store.people, self.passwords)
        self.delays = Delays(clock=self.clock)
        self.sessions = Sessions(
            store.ledger,
            store.people,
            passwords=self.passwords,
            secret=Secret(secret),
            delays=self.delays,
            life=3600,
        )

    async def hire(self, name="li", role=Role.REVIEWER, tenant="shop"):
        return await self.accounts.create(tenant, name, role, PASSWORD, by="cli")

    async def sign_in(self, name="li", password=PASSWORD, *, tenant="shop", address="10.0.0.1", device=""):
        attempt = SignIn(tenant=tenant, name=name, password=password, address=address, device=device)
        return await self.sessions.start(attempt)

    async def fails(self, **attempt):
        with pytest.raises(SignInRefused):
            await self.sign_in(**{"password": "wrong password", **attempt})


@pytest.fixture
def _cheap(monkeypatch):
    monkeypatch.setattr(module, "PASSES", 1)
    monkeypatch.setattr(module, "KIBIBYTES", 8)


@pytest.fixture
async def house(settings, _cheap):
    async with open_store(settings) as store:
        yield House(store)


def rows(settings, sql):
    connection = sqlite3.connect(settings.database)
    found = connection.execute(sql).fetchall()
    connection.close()
    return found


# Names and passwords


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Li", "li"), (" li ", "li"), ("ＬＩ", "li"), ("张三", "张三"), ("a.b-c_d@e+f", "a.b-c_d@e+f"), ("é", "é")],
)
def test_a_name_has_one_form(typed, kept):
    assert name_from(typed) == kept
    assert name_from(kept) == kept


@pytest.mark.parametrize("typed", ["", " ", "a b", "a\u200bb", "\u202eil", "a\x00", "x" * 65, "<b>", "a/b", "\ud800"])
def test_what_could_deceive_is_no_name(typed):
    with pytest.raises(Unfit, match="name"):
        name_from(typed)


@pytest.mark.parametrize(
    ("password", "kind"),
    [
        ("x" * 11, "password_too_short"),
        ("密" * 11, "password_too_short"),
        ("x" * 257, "password_too_long"),
        ("Long.Name.Of.Li", "password_is_name"),
        ("long\x00 enough password", "not_printable"),
        ("long \ud800 enough password", "not_printable"),
    ],
)
def test_what_is_no_password(password, kind):
    with pytest.raises(Unfit) as refused:
        fit(password, name="long.name.of.li")
    assert (refused.value.field, refused.value.kind) == ("password", kind)


@pytest.mark.parametrize("password", ["x" * 12, "x" * 256, "密码要够长才行所以多写几个字", PASSWORD])
def test_what_is_one(password):
    assert fit(password, name="li") == password


async def test_the_same_signs_typed_in_another_way_are_the_same_password(house):
    await house.hire()
    user = (await house.accounts.listed("shop"))[0]
    await house.accounts.change("shop", user.id, Change(password="caf\u00e9 au lait 123"), by="cli")
    await house.sign_in(password="cafe\u0301 au lait １２３")


async def test_a_hash_costs_what_it_should():
    hashed = await Passwords().hashed(PASSWORD)
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert await Passwords().verified(hashed, PASSWORD, known=False)
    assert not await Passwords().verified(hashed, PASSWORD + "x", known=False)


# People


async def test_a_name_is_given_once_in_a_tenant(house):
    await house.hire("Li")
    for again in ("li", "ＬI"):
        with pytest.raises(Taken):
            await house.hire(again)
    await house.hire("li", tenant="rival")
    assert [user.name for user in await house.accounts.listed("shop")] == ["li"]


async def test_many_who_take_one_name_at_once_get_it_once(house):
    made = await asyncio.gather(*(house.hire() for _ in range(5)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in made) == ["Taken"] * 4 + ["User"]


async def test_another_tenants_person_is_nobody(house):
    user = await house.hire(tenant="rival")
    with pytest.raises(NoSuchUser):
        await house.accounts.one("shop", user.id)
    with pytest.raises(NoSuchUser):
        await house.accounts.change("shop", user.id, Change(disabled=True), by="cli")
    assert (await house.accounts.one("rival", user.id)).disabled_at is None


async def test_nobody_can_leave_a_tenant_without_an_admin(house):
    one, two = [await house.hire(name, Role.ADMIN) for name in ("one", "two")]
    change = house.accounts.change
    done = await asyncio.gather(
        change("shop", one.id, Change(disabled=True), by=two.id),
        change("shop", two.id, Change(role=Role.REVIEWER), by=one.id),
        return_exceptions=True,
    )
    assert [type(each) for each in done].count(LastAdmin) == 1
    last = next(user for user in await house.accounts.listed("shop") if user.role == "admin" and not user.disabled_at)
    await change("shop", last.id, Change(disabled=True), by="cli", even_last=True)


async def test_a_list_goes_on_where_it_stopped(house):
    made = [(await house.hire(f"u{number}")).id for number in range(5)]
    seen, after = [], ("", "")
    while page := await house.accounts.listed("shop", after=after, limit=2):
        seen += [user.id for user in page]
        after = (page[-1].created_at, page[-1].id)
    assert seen == made


# Sessions


async def test_who_signs_in_is_known_by_role(house):
    user = await house.hire(role=Role.SENIOR)
    started = await house.sign_in("LI")
    caller = await house.sessions.caller(started.secret)
    assert (caller.tenant, caller.id, caller.rights) == ("shop", user.id, RIGHTS_OF[Role.SENIOR])
    assert Right.SENIOR in caller.rights and caller.session
    assert started.csrf == house.sessions.csrf(caller.session)


async def test_no_secret_is_in_the_database(house, settings):
    await house.hire()
    started = await house.sign_in()
    dump = "".join(sqlite3.connect(settings.database).iterdump())
    for secret in (PASSWORD, started.secret, started.csrf, *started.device.split(".")):
        assert secret not in dump


async def test_no_act_tells_a_name(house, settings):
    user = await house.hire("zhang.wei")
    started = await house.sign_in("zhang.wei")
    await house.sessions.end(await house.sessions.caller(started.secret))
    await house.accounts.change("shop", user.id, Change(role=Role.ADMIN, password=OTHER), by="cli")
    acts = rows(settings, "SELECT kind, body FROM acts ORDER BY seq")
    assert [kind for kind, _ in acts] == [
        "tenant.created",
        "user.created",
        "session.started",
        "session.ended",
        "user.changed",
        "password.changed",
    ]
    assert not any(b"zhang" in body or b"argon2" in body for _, body in acts)


@pytest.mark.parametrize("wrong", ["", "x", "A" * 43, "A" * 10_000, "密" * 43, "\ud800" * 43])
async def test_a_wrong_secret_is_nobody(house, wrong):
    await house.hire()
    await house.sign_in()
    assert await house.sessions.caller(wrong) is None


ENDS = {
    "sign-out": lambda house, user, caller: house.sessions.end(caller),
    "role": lambda house, user, _: house.accounts.change("shop", user.id, Change(role=Role.AUDITOR), by="cli"),
    "disabling": lambda house, user, _: house.accounts.change("shop", user.id, Change(disabled=True), by="cli"),
    "password": lambda house, user, _: house.accounts.change("shop", user.id, Change(password=OTHER), by="cli"),
    "own password": lambda house, _, caller: house.sessions.change_password(caller, current=PASSWORD, new=OTHER),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
async def test_what_ends_a_session_ends_it_at_once_and_everywhere(house, settings, end):
    user = await house.hire()
    secret = (await house.sign_in()).secret
    async with open_store(settings) as elsewhere:
        other = House(elsewhere)
        assert await house.sessions.caller(secret) == await other.sessions.caller(secret) != None  # noqa: E711
        await end(house, user, await house.sessions.caller(secret))
        assert await other.sessions.caller(secret) is None
        assert await house.sessions.caller(secret) is None
    assert rows(settings, "SELECT count(*) FROM acts WHERE kind = 'session.ended'") == [(1,)]


async def test_a_change_that_changes_nothing_ends_nothing(house):
    user = await house.hire()
    started = await house.sign_in()
    await house.accounts.change("shop", user.id, Change(role=Role.REVIEWER, disabled=False), by="cli")
    assert await house.sessions.caller(started.secret)


async def test_a_session_ends_after_its_life_whatever_happens(house, monkeypatch):
    await house.hire()
    started = await house.sign_in()
    begun = now()
    for second, stands in ((3000, True), (3599, True), (3601, False)):
        monkeypatch.setattr("service.sessions.now", lambda second=second: later(begun, second))
        assert bool(await house.sessions.caller(started.secret)) is stands


async def test_sessions_that_ran_out_or_are_too_many_end_with_the_next_sign_in(house, settings):
    await house.hire()
    started = [await house.sign_in() for _ in range(MOST_SESSIONS + 2)]
    stands = [bool(await house.sessions.caller(one.secret)) for one in started]
    assert stands == [False] * 2 + [True] * MOST_SESSIONS
    connection = sqlite3.connect(settings.database)
    with connection:
        connection.execute("UPDATE sessions SET expires_at = created_at WHERE ended_at IS NULL")
    connection.close()
    await house.sign_in()
    ended = rows(settings, "SELECT body ->> '$.facts.why' FROM acts WHERE kind = 'session.ended' ORDER BY seq")
    assert ended == [("surplus",)] * 2 + [("expired",)] * MOST_SESSIONS


async def test_signing_out_twice_is_no_error_and_one_act(house, settings):
    await house.hire()
    caller = await house.sessions.caller((await house.sign_in()).secret)
    await asyncio.gather(house.sessions.end(caller), house.sessions.end(caller))
    assert rows(settings, "SELECT count(*) FROM acts WHERE kind = 'session.ended'") == [(1,)]


async def test_sessions_that_cannot_be_read_admit_nobody(house, monkeypatch):
    await house.hire()
    started = await house.sign_in()

    async def broken(*_):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(house.store.people, "signed", broken)
    with pytest.raises(LedgerUnwritable):
        await house.sessions.caller(started.secret)


async def test_the_token_of_another_session_or_house_is_none(house):
    await house.hire()
    one, two = await house.sign_in(), await house.sign_in()
    caller = await house.sessions.caller(one.secret)
    assert house.sessions.is_own(caller, one.csrf)
    assert not any(house.sessions.is_own(caller, wrong) for wrong in ("", "x", "密", "\udc80", two.csrf))
    assert not House(house.store, b"\x01" * 32).sessions.is_own(caller, one.csrf)


# Who is refused


async def test_nobody_learns_why_they_were_refused(house, monkeypatch):
    gone = await house.hire("gone")
    await house.hire()
    await house.accounts.change("shop", gone.id, Change(disabled=True), by="cli")
    checked = []
    verify = house.passwords._verify

    def counted(hashed, password):
        checked.append(hashed.rsplit("$", 2)[0])
        return verify(hashed, password)

    monkeypatch.setattr(house.passwords, "_verify", counted)
    for attempt in (
        {"password": "wrong password"},
        {"name": "unknown", "password": PASSWORD},
        {"name": "not a name", "password": PASSWORD},
        {"tenant": "unknown", "password": PASSWORD},
        {"tenant": "a\x00", "password": PASSWORD},
        {"name": "gone", "password": PASSWORD},
        {"password": "\ud800"},
        {"password": ""},
    ):
        await house.fails(**attempt)
    assert checked == ["$argon2id$v=19$m=8,t=1,p=1"] * 8


@pytest.mark.parametrize("change", [Change(disabled=True), Change(password=OTHER)], ids=["disabled", "password"])
async def test_who_changes_while_the_password_is_checked_is_refused(house, monkeypatch, change):
    user = await house.hire()
    verified = house.passwords.verified

    async def slow(*given, **named):
        right = await verified(*given, **named)
        await house.accounts.change("shop", user.id, change, by="cli")
        return right

    monkeypatch.setattr(house.passwords, "verified", slow)
    with pytest.raises(SignInRefused):
        await house.sign_in()


async def test_ones_own_password_needs_the_present_one(house):
    await house.hire()
    caller = await house.sessions.caller((await house.sign_in()).secret)
    with pytest.raises(SignInRefused):
        await house.sessions.change_password(caller, current=OTHER, new=OTHER)
    with pytest.raises(Unfit):
        await house.sessions.change_password(caller, current=PASSWORD, new="short")
    started = await house.sessions.change_password(caller, current=PASSWORD, new=OTHER)
    assert (await house.sessions.caller(started.secret)).id == caller.id
    await house.sign_in(password=OTHER)
    await house.fails(password=PASSWORD)


async def test_guessing_ones_present_password_is_delayed(house):
    await house.hire()
    caller = await house.sessions.caller((await house.sign_in()).secret)
    for _ in range(ONE.free):
        with pytest.raises(SignInRefused):
            await house.sessions.change_password(caller, current=OTHER, new=OTHER)
    with pytest.raises(Delayed):
        await house.sessions.change_password(caller, current=PASSWORD, new=OTHER)


# Delays


async def besieged(house, attempts=200):
    """A crowd that guesses from everywhere, each from an address of its own."""
    for number in range(attempts):
        house.clock.now += 0.1
        with suppress(SignInRefused, Delayed):
            await house.sign_in(password="a wrong guess", address=f"192.0.{number >> 8}.{number & 255}")


async def test_a_crowd_does_not_keep_the_owner_out(house):
    await house.hire()
    device = (await house.sign_in(address="10.0.0.1")).device
    await besieged(house)
    with pytest.raises(Delayed):
        await house.sign_in(address="10.0.0.2")
    for address in ("10.0.0.1", "192.0.0.7"):
        started = await house.sign_in(address=address, device=device)
        assert started.device == device


async def test_without_the_devices_cookie_the_crowd_would_keep_the_owner_out(house, monkeypatch):
    monkeypatch.setattr(Sessions, "_device", lambda *_: None)
    await house.hire()
    device = (await house.sign_in(address="10.0.0.1")).device
    await besieged(house)
    with pytest.raises(Delayed):
        await house.sign_in(address="10.0.0.1", device=device)


async def test_the_crowds_guesses_are_slowed_to_one_a_minute(house):
    await house.hire()
    tried = 0
    for number in range(3600):
        house.clock.now += 1
        with suppress(Delayed):
            house.delays.admit(places("shop", "li", address=f"198.51.{number >> 8}.{number & 255}", device=None))
            tried += 1
    assert CROWD.free <= tried <= CROWD.free + 7 + 60


async def test_another_accounts_device_or_a_forged_one_is_the_crowd(house):
    await house.hire()
    await house.hire("mo")
    foreign = (await house.sign_in("mo")).device
    mark, _, signature = foreign.partition(".")
    elsewhere = House(house.store, b"\x01" * 32)
    await besieged(house)
    for device in (foreign, f"{mark}.{'A' * 43}", f"{'A' * 22}.{signature}", "x", (await elsewhere.sign_in()).device):
        with pytest.raises(Delayed):
            await house.sign_in(device=device, address="10.9.9.9")


async def test_a_neighbour_behind_the_same_address_does_not_keep_the_owner_out(house):
    await house.hire()
    device = (await house.sign_in()).device
    for _ in range(ONE.free):
        await house.fails()
    with pytest.raises(Delayed):
        await house.sign_in()
    await house.sign_in(device=device)


async def test_a_stolen_devices_guesses_are_delayed_too(house):
    await house.hire()
    device = (await house.sign_in()).device
    for number in range(ONE.free):
        await house.fails(device=device, address=f"10.0.1.{number}")
    with pytest.raises(Delayed):
        await house.sign_in(device=device, address="10.0.1.99")


def test_the_wait_doubles_up_to_a_quarter_of_an_hour():
    clock = Clock()
    delays, place = Delays(clock=clock), places("shop", "li", address="10.0.0.1", device=None)[:1]
    waits = []
    for _ in range(ONE.free + 14):
        try:
            delays.admit(place)
            waits.append(0)
        except Delayed as delayed:
            waits.append(delayed.seconds)
            clock.now += delayed.seconds
            delays.admit(place)
    assert waits[: ONE.free] == [0] * ONE.free
    assert waits[ONE.free :] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]


def test_a_good_sign_in_forgives_and_an_hour_does_too():
    clock = Clock()
    delays, place = Delays(clock=clock), places("shop", "li", address="10.0.0.1", device=None)
    for _ in range(ONE.free):
        delays.admit(place)
    with pytest.raises(Delayed):
        delays.admit(place)
    delays.succeeded(place)
    delays.admit(place)
    clock.now += 3601
    for _ in range(ONE.free):
        delays.admit(place)


async def test_many_attempts_at_once_are_no_way_around(house):
    await house.hire()
    done = await asyncio.gather(*(house.sign_in(password="a wrong guess") for _ in range(20)), return_exceptions=True)
    assert [type(one) for one in done].count(SignInRefused) == ONE.free


def test_what_is_remembered_is_bounded():
    delays = Delays(clock=Clock(), most=100)
    for number in range(1000):
        delays.admit(places("shop", f"u{number}", address="10.0.0.1", device=None))
    assert len(delays) == 100
    assert MOST <= 100_000


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("10.0.0.1", "10.0.0.2", False),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("", "nowhere", False),
    ],
)
def test_an_address_counts_with_its_network(one, two, same):
    place = [places("shop", "li", address=address, device=None)[0] for address in (one, two)]
    assert (place[0] == place[1]) is same


# Turns


async def test_a_crowd_does_not_take_the_owners_turn(house, monkeypatch):
    await house.hire()
    device = (await house.sign_in()).device
    gate = asyncio.Event()
    verify, numbers = house.passwords._verify, count()
    loop = asyncio.get_running_loop()

    def slow(hashed, password):
        if password == "a wrong guess":
            next(numbers)
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(10)
        return verify(hashed, password)

    monkeypatch.setattr(house.passwords, "_verify", slow)
    crowd = [
        asyncio.create_task(house.sign_in(password="a wrong guess", name=f"u{n}", address=f"192.0.2.{n}"))
        for n in range(40)
    ]
    await asyncio.sleep(0.05)
    await asyncio.wait_for(house.sign_in(device=device), 5)
    gate.set()
    done = [type(one) for one in await asyncio.gather(*crowd, return_exceptions=True)]
    assert done.count(PasswordsWaiting) == 40 - 24 and done.count(SignInRefused) == 24


async def test_one_hash_at_a_time_in_a_lane(monkeypatch):
    passwords, running, most = Passwords(), [0], [0]

    def work(hashed, _):
        running[0] += 1
        most[0] = max(most[0], running[0])
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: None).result()
        running[0] -= 1
        return True

    monkeypatch.setattr(passwords, "_verify", work)
    await asyncio.gather(*(passwords.verified("x", PASSWORD, known=False) for _ in range(10)))
    assert most == [1]
