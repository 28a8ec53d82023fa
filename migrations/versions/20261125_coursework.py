"""Coursework"""

import sqlalchemy as sa
from alembic import op

revision = 'coursework'
down_revision = "waiting_for_any_time"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('answer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('sheet', sa.String(length=80), nullable=False),
    sa.Column('field', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('value', sa.LargeBinary(), nullable=True),
    sa.Column('pen', sa.String(length=16), nullable=False),
    sa.Column('clashed', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_answer_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer')),
    sa.UniqueConstraint('person_id', 'sheet', 'field', 'version', name=op.f('uq_answer_person_id'))
    )
    op.create_table('answer_consent',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('active_of', sa.Integer(), nullable=True),
    sa.Column('version', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('given_at', sa.DateTime(), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_answer_consent_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_consent')),
    sa.UniqueConstraint('active_of', name=op.f('uq_answer_consent_active_of'))
    )
    with op.batch_alter_table('answer_consent', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_answer_consent_person_id'), ['person_id'], unique=False)

    op.create_table('licence',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=8), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('issued_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_licence_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_licence')),
    sa.UniqueConstraint('number', name=op.f('uq_licence_number')),
    sa.UniqueConstraint('person_id', name=op.f('uq_licence_person_id'))
    )
    op.create_table('plan_share',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('active_of', sa.Integer(), nullable=True),
    sa.Column('reference', sa.String(length=8), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('consent_version', sa.String(length=40), nullable=False),
    sa.Column('consent_text', sa.Text(), nullable=False),
    sa.Column('shared_at', sa.DateTime(), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
    sa.Column('seen_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_plan_share_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_share')),
    sa.UniqueConstraint('active_of', name=op.f('uq_plan_share_active_of')),
    sa.UniqueConstraint('reference', name=op.f('uq_plan_share_reference'))
    )
    with op.batch_alter_table('plan_share', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plan_share_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_plan_share_shared_at'), ['shared_at'], unique=False)



def downgrade():
    with op.batch_alter_table('plan_share', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_plan_share_shared_at'))
        batch_op.drop_index(batch_op.f('ix_plan_share_person_id'))

    op.drop_table('plan_share')
    op.drop_table('licence')
    with op.batch_alter_table('answer_consent', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_answer_consent_person_id'))

    op.drop_table('answer_consent')
    op.drop_table('answer')
