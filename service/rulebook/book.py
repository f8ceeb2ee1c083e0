"""The rulebook: everything by which people change rules, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.rulebook.catalogue import Catalogue
from service.rulebook.proposals import Proposals
from service.rulebook.rehearsal import Cast, Rehearsals
from service.rulebook.shadow import Shadows
from service.rulebook.worth import Worth
from service.store.rule_reads import RuleReads

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aiosqlite

    from service.chamber import Chamber
    from service.ledger import Ledger
    from service.lexicons import Lexicons
    from service.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The parts, open as long as the service is."""

    lexicons: Lexicons
    reads: RuleReads
    catalogue: Catalogue
    proposals: Proposals
    rehearsals: Rehearsals
    shadows: Shadows
    worth: Worth
    rules: Rules
    four_eyes: bool

    async def cast(self, tenant: str, files: Mapping[str, str]) -> Cast:
        """A tenant's engine as it is, and with other files of its own. Raises ``LoadErrors``."""
        engines = self.rules.engines
        return Cast(old=engines.of(tenant), new=await self.rules.compiled(files))


def rulebook(  # noqa: PLR0913 - the parts that it is made of
    ledger: Ledger,
    lexicons: Lexicons,
    rules: Rules,
    connection: aiosqlite.Connection,
    *,
    chamber: Chamber,
    four_eyes: bool,
) -> Rulebook:
    """The rulebook of one service, over a connection for reading that whoever opened it closes."""
    reads, catalogue = RuleReads(connection), Catalogue()
    return Rulebook(
        lexicons=lexicons,
        reads=reads,
        catalogue=catalogue,
        proposals=Proposals(ledger, lexicons, rules, catalogue),
        rehearsals=Rehearsals(reads, chamber),
        shadows=Shadows(ledger, lexicons, rules, reads, chamber),
        worth=Worth(reads),
        rules=rules,
        four_eyes=four_eyes,
    )
