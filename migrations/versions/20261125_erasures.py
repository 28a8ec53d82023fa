"""Erasures that people ask for"""

import sqlalchemy as sa
from alembic import op

revision = 'erasures'
down_revision = 'movements'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'erasure',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=True),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('cancel_hash', sa.String(length=64), nullable=True),
        sa.Column('asked_at', sa.DateTime(), nullable=False),
        sa.Column('due_at', sa.DateTime(), nullable=False),
        sa.Column('settled_at', sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_erasure_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure')),
        sa.UniqueConstraint('person_id', name=op.f('uq_erasure_person_id')),
        sa.UniqueConstraint('cancel_hash', name=op.f('uq_erasure_cancel_hash')),
    )


def downgrade():
    op.drop_table('erasure')
