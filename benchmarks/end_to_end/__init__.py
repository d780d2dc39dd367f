"""Whole stacks side by side: a gateway, two services and Postgres, all of their CPU time."""
