"""Alembic's environment of auth_db."""
