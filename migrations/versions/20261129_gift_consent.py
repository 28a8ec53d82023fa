"""A gift keeps the months it was sold with, and what its reader said yes to, word for word"""

import sqlalchemy as sa
from alembic import op

revision = 'gift_consent'
down_revision = 'order_ids'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('gift', sa.Column('consent_version', sa.String(length=40), nullable=True))
    op.add_column('gift', sa.Column('consent', sa.Text(), nullable=True))
    months = sa.Column('access_months', sa.Integer(), nullable=False, server_default='0')
    op.add_column('gift', months)
    op.execute(
        'UPDATE gift SET access_months ='
        ' (SELECT access_months FROM purchase_order WHERE purchase_order.id = order_id)'
    )


def downgrade():
    for name in ('access_months', 'consent', 'consent_version'):
        op.execute(f'ALTER TABLE gift DROP COLUMN {name}')
