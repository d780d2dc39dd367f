"""What `me`, `_entities` and a login cost, and whether log-ins make everybody else wait."""
