"""Call outside parties: sessions with limits, typed errors, waits, redaction and metered spending."""
