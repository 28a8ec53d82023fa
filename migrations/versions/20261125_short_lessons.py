"""Lessons for days with little energy"""

import sqlalchemy as sa
from alembic import op

revision = 'short_lessons'
down_revision = 'waiting_mails'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('lesson', sa.Column('step', sa.String(300), nullable=False, server_default=''))
    op.add_column('lesson', sa.Column('short', sa.JSON(), nullable=False, server_default='[]'))


def downgrade():
    op.drop_column('lesson', 'short')
    op.drop_column('lesson', 'step')
