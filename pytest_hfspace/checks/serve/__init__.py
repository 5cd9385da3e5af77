"""5xx: the answers of every route."""
