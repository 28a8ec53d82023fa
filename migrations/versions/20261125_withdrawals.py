"""Statements that somebody withdraws from a purchase"""

import sqlalchemy as sa
from alembic import op

revision = 'withdrawals'
down_revision = 'erasures'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'withdrawal',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('submit_key', sa.String(64), nullable=False),
        sa.Column('channel', sa.String(10), nullable=False),
        sa.Column('name', sa.String(120), nullable=False),
        sa.Column('email', sa.String(254), nullable=False),
        sa.Column('order_typed', sa.String(60), nullable=False),
        sa.Column('order_id', sa.Integer(), nullable=True),
        sa.Column('verdict', sa.String(20), nullable=False),
        sa.Column('sent_on', sa.Date(), nullable=False),
        sa.Column('last_day', sa.Date(), nullable=True),
        sa.Column('asked_ore', sa.Integer(), nullable=True),
        sa.Column('who', sa.String(254), nullable=False),
        sa.Column('received_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['order_id'], ['purchase_order.id'], name='fk_withdrawal_order_id'),
        sa.PrimaryKeyConstraint('id', name='pk_withdrawal'),
        sa.UniqueConstraint('submit_key', name='uq_withdrawal_submit_key'),
    )
    op.create_index('ix_withdrawal_order_id', 'withdrawal', ['order_id'])
    op.create_index('ix_withdrawal_received_at', 'withdrawal', ['received_at'])
    op.create_table(
        'withdrawal_look',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('withdrawal_id', sa.Integer(), nullable=False),
        sa.Column('who', sa.String(254), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['withdrawal_id'], ['withdrawal.id'], name='fk_withdrawal_look_withdrawal_id'),
        sa.PrimaryKeyConstraint('id', name='pk_withdrawal_look'),
        sa.UniqueConstraint('withdrawal_id', name='uq_withdrawal_look_withdrawal_id'),
    )


def downgrade():
    op.drop_table('withdrawal_look')
    op.drop_table('withdrawal')
