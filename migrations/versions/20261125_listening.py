"""Sounds with their words, and how far somebody has heard"""

import sqlalchemy as sa
from alembic import op

revision = 'listening'
down_revision = 'approvals'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('lesson') as lesson:
        lesson.add_column(sa.Column('sound', sa.JSON(), nullable=True))
        lesson.add_column(sa.Column('manuscript', sa.Text(), nullable=False, server_default=''))
    with op.batch_alter_table('progress') as progress:
        progress.add_column(sa.Column('heard', sa.Integer(), nullable=True))
        progress.add_column(sa.Column('speed', sa.Integer(), nullable=True))
        progress.add_column(sa.Column('heard_at', sa.DateTime(), nullable=True))


def downgrade():
    with op.batch_alter_table('progress') as progress:
        progress.drop_column('heard_at')
        progress.drop_column('speed')
        progress.drop_column('heard')
    with op.batch_alter_table('lesson') as lesson:
        lesson.drop_column('manuscript')
        lesson.drop_column('sound')
