"""A service with a desk, to be killed: a key for the pipeline, two people, and deadlines that pass while it runs.

Test-only: people are let in by a secret instead of a session.
"""

from __future__ import annotations

from pathlib import Path

from moderation.types import Scene
from service import wiring
from service.keys import Caller
from service.review import desk
from service.rights import RIGHTS_OF, Role
from service.settings import Settings
from tests.service.mortal import serve_until_killed
from tests.small import hire

PEOPLE = {"ann": Role.REVIEWER, "sue": Role.SENIOR}
DUE = 0.4


def hire_missing(visit):
    for name, role in PEOPLE.items():
        if not visit.rows("SELECT 1 FROM users WHERE id = ?", name):
            hire(visit, name, role)


async def main(data: str, lexicons: str) -> None:
    settings = Settings(
        data=Path(data), lexicons=Path(lexicons), port=0, expert="off", review_due={Scene.UGC: DUE}, rate_limit=10**9
    )
    desk.SWEEP_SECONDS = 0.05
    async with wiring.open_service(settings) as service:
        _, secret = await service.keys.create("shop")
        await service.ledger.visit(hire_missing)
        of_keys = service.keys.caller

        async def caller(secret):
            if secret in PEOPLE:
                return Caller("shop", secret, RIGHTS_OF[PEOPLE[secret]])
            return await of_keys(secret)

        service.keys.caller = caller
        await serve_until_killed(service, data, secret)
