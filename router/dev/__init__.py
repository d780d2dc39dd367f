"""`router dev`: composes, serves, and composes again whenever a subgraph's schema changes."""
