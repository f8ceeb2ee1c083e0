"""The HTTP interface: bytes in, use-cases called, bytes out. No rule about content and no SQL lives here."""
