"""What the reader of a gift said yes to, word for word"""

import sqlalchemy as sa
from alembic import op

revision = 'gift_consent'
down_revision = 'order_ids'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('gift', sa.Column('consent_version', sa.String(length=40), nullable=True))
    op.add_column('gift', sa.Column('consent', sa.Text(), nullable=True))


def downgrade():
    for name in ('consent', 'consent_version'):
        op.execute(f'ALTER TABLE gift DROP COLUMN {name}')
