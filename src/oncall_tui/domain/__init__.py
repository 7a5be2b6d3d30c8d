"""Pure rules and words: no clock, no I/O. Instants (`_at`) are integer milliseconds since 1970 in UTC."""
