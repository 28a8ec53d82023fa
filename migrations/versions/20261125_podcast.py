"""Podcasts"""

import sqlalchemy as sa
from alembic import op

revision = 'podcast'
down_revision = 'listening'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'podcast_feed',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('salt', sa.String(length=43), nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_podcast_feed_person_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_podcast_feed')),
        sa.UniqueConstraint('person_id', name=op.f('uq_podcast_feed_person_id')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_podcast_feed_token_hash')),
    )


def downgrade():
    op.drop_table('podcast_feed')
