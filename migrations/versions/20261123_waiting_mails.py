"""Waiting mails in the order they are due"""

import sqlalchemy as sa
from alembic import op

revision = 'waiting_mails'
down_revision = 'enquiries'
branch_labels = None
depends_on = None

WAITS = sa.text("state IN ('queued', 'retry')")


def upgrade():
    op.create_index(
        'ix_mail_waiting', 'mail', ['not_before', 'id'],
        sqlite_where=WAITS, postgresql_where=WAITS,
    )


def downgrade():
    op.drop_index('ix_mail_waiting', 'mail')
