"""Statistics on answers: shares, agreement, strengths, true answers. Nothing here knows a database."""
