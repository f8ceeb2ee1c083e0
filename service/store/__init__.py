"""The database: its tables, its connections, its statements. No decision is taken here."""
