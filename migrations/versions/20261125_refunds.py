"""Refunds asked for, the timeline of an order, and why access is closed"""

import sqlalchemy as sa
from alembic import op

revision = 'refunds'
down_revision = 'documents'
branch_labels = None
depends_on = None



def upgrade():
    with op.batch_alter_table('purchase_order') as batch:
        batch.add_column(sa.Column('withdrawn_at', sa.DateTime(), nullable=True))
    with op.batch_alter_table('enrolment') as batch:
        batch.add_column(sa.Column('closed_because', sa.String(20), nullable=True))
    op.create_table(
        'refund_request',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('order_id', sa.Integer(), nullable=False),
        sa.Column('attempt_id', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(40), nullable=False),
        sa.Column('sends', sa.Integer(), nullable=False),
        sa.Column('amount_ore', sa.Integer(), nullable=False),
        sa.Column('reason', sa.String(20), nullable=False),
        sa.Column('note', sa.LargeBinary(), nullable=True),
        sa.Column('who', sa.String(254), nullable=False),
        sa.Column('state', sa.String(20), nullable=False),
        sa.Column('refund_id', sa.String(200), nullable=True),
        sa.Column('error', sa.String(100), nullable=True),
        sa.Column('asked_at', sa.DateTime(), nullable=False),
        sa.Column('changed_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['order_id'], ['purchase_order.id'], name='fk_refund_request_order_id'),
        sa.ForeignKeyConstraint(['attempt_id'], ['payment_attempt.id'], name='fk_refund_request_attempt_id'),
        sa.PrimaryKeyConstraint('id', name='pk_refund_request'),
        sa.UniqueConstraint('key', name='uq_refund_request_key'),
        sa.UniqueConstraint('refund_id', name='uq_refund_request_refund_id'),
    )
    op.create_index('ix_refund_request_order_id', 'refund_request', ['order_id'])
    op.create_index('ix_refund_request_state', 'refund_request', ['state', 'asked_at'])
    op.create_table(
        'order_event',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('order_id', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(120), nullable=False),
        sa.Column('what', sa.String(40), nullable=False),
        sa.Column('who', sa.String(254), nullable=False),
        sa.Column('facts', sa.JSON(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['order_id'], ['purchase_order.id'], name='fk_order_event_order_id'),
        sa.PrimaryKeyConstraint('id', name='pk_order_event'),
        sa.UniqueConstraint('order_id', 'key', name='uq_order_event_order_id'),
    )


def downgrade():
    op.drop_table('order_event')
    op.drop_table('refund_request')
    with op.batch_alter_table('enrolment') as batch:
        batch.drop_column('closed_because')
    with op.batch_alter_table('purchase_order') as batch:
        batch.drop_column('withdrawn_at')
