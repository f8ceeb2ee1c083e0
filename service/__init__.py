"""Everything that waits, remembers or is asked: HTTP, command line, ledger, keys. No rule about content lives here."""
