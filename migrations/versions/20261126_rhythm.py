"""Mails about the course, for whoever says yes to them"""

import sqlalchemy as sa
from alembic import op

revision = 'rhythm'
down_revision = 'podcast'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'rhythm',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('active_of', sa.Integer(), nullable=True),
        sa.Column('version', sa.String(length=40), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('given_at', sa.DateTime(), nullable=False),
        sa.Column('stopped_at', sa.DateTime(), nullable=True),
        sa.Column('paused_until', sa.DateTime(), nullable=True),
        sa.Column('look_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_rhythm_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_rhythm')),
        sa.UniqueConstraint('active_of', name=op.f('uq_rhythm_active_of')),
    )
    op.create_index(op.f('ix_rhythm_person_id'), 'rhythm', ['person_id'])
    op.create_index(op.f('ix_rhythm_look_at'), 'rhythm', ['look_at'])
    op.create_table(
        'rhythm_mail',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('week', sa.String(length=8), nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('sent_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_rhythm_mail_person_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_rhythm_mail')),
        sa.UniqueConstraint('person_id', 'week', name=op.f('uq_rhythm_mail_person_id')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_rhythm_mail_token_hash')),
    )


def downgrade():
    op.drop_table('rhythm_mail')
    op.drop_table('rhythm')
