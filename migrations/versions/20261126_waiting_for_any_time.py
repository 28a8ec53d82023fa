"""Waiting for a time without having one"""

import sqlalchemy as sa
from alembic import op

revision = 'waiting_for_any_time'
down_revision = 'withdrawals'
branch_labels = None
depends_on = None

WHAT = (
    'appointment_id IS NOT NULL OR'
    ' (service_id IS NOT NULL AND from_at IS NOT NULL AND until_at IS NOT NULL)'
)


def upgrade():
    with op.batch_alter_table('waiting_list') as batch:
        batch.alter_column('appointment_id', existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column('service_id', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('refused', sa.JSON(), nullable=False, server_default='[]'))
        batch.add_column(sa.Column('from_at', sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column('until_at', sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column('open_key', sa.String(64), nullable=True))
        batch.add_column(sa.Column('token_hash', sa.String(64), nullable=True))
        batch.add_column(sa.Column('token', sa.LargeBinary(), nullable=True))
        batch.add_column(sa.Column('name', sa.String(120), nullable=False, server_default=''))
        batch.add_column(sa.Column('email', sa.String(254), nullable=False, server_default=''))
        batch.add_column(sa.Column('phone', sa.String(20), nullable=False, server_default=''))
        batch.add_column(sa.Column('consent_version', sa.String(40), nullable=True))
        batch.create_foreign_key('fk_waiting_list_service_id', 'service', ['service_id'], ['id'])
        batch.create_unique_constraint('uq_waiting_list_open_key', ['open_key'])
        batch.create_unique_constraint('uq_waiting_list_token_hash', ['token_hash'])
        batch.create_check_constraint(op.f('ck_waiting_list_what'), WHAT)


def downgrade():
    op.execute('DELETE FROM waiting_list WHERE appointment_id IS NULL')
    with op.batch_alter_table('waiting_list') as batch:
        batch.drop_constraint(op.f('ck_waiting_list_what'), type_='check')
        batch.drop_constraint('uq_waiting_list_token_hash', type_='unique')
        batch.drop_constraint('uq_waiting_list_open_key', type_='unique')
        batch.drop_constraint('fk_waiting_list_service_id', type_='foreignkey')
        for name in (
            'consent_version', 'phone', 'email', 'name', 'token', 'token_hash', 'open_key', 'until_at',
            'from_at', 'refused', 'service_id',
        ):
            batch.drop_column(name)
        batch.alter_column('appointment_id', existing_type=sa.Integer(), nullable=False)
