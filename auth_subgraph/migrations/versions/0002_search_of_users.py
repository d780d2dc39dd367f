"""An index for the search of users by any part of a name or address.

Made of pairs of characters instead of the extension pg_trgm, which is not there everywhere and
finds nothing for searches of two characters.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # PL/pgSQL keeps the plan of the statement, which costs more than running it.
    op.execute(
        """
        CREATE FUNCTION character_pairs(words text) RETURNS text[]
        LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN
            RETURN ARRAY(
                SELECT DISTINCT substr(words, place, 2)
                FROM generate_series(1, length(words) - 1) AS place
            );
        END $$
        """
    )
    op.add_column(
        "users",
        sa.Column(
            "character_pairs",
            sa.ARRAY(sa.Text()),
            sa.Computed("character_pairs(username || ' ' || email)", persisted=True),
            nullable=False,
        ),
    )
    # Every login writes its user's row anew, into a list that is short to work off.
    op.create_index(
        "ix_users_character_pairs",
        "users",
        ["character_pairs"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},
    )
