"""previews without hidden numbers: those that were stored before numbers were hidden."""

import sqlalchemy as sa
from alembic import op

from knowledge.sensitive import mask_numbers

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

AT_ONCE = 5_000
conversations = sa.table("conversations", sa.column("id", sa.Integer), sa.column("preview"))


def upgrade() -> None:
    conn, last = op.get_bind(), 0
    while True:
        rows = conn.execute(
            sa.select(conversations)
            .where(conversations.c.id > last)
            .order_by(conversations.c.id)
            .limit(AT_ONCE)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        for row in rows:
            if (hidden := mask_numbers(row.preview)) != row.preview:
                conn.execute(
                    sa.update(conversations)
                    .where(conversations.c.id == row.id)
                    .values(preview=hidden[:200])
                )


def downgrade() -> None:
    """Nothing: what was hidden stays hidden."""
