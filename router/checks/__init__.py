"""Schema checks: what changed, who would notice, how the schema is written."""
