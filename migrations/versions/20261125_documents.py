"""Invoices and credit notes"""

import sqlalchemy as sa
from alembic import op

revision = 'documents'
down_revision = 'discounts'
branch_labels = None
depends_on = None

# On SQLite a rebuilt table loses its triggers: a migration that rebuilds `document` makes it anew.
FROZEN = {
    'sqlite': [
        'CREATE TRIGGER document_is_frozen BEFORE UPDATE ON document '
        "BEGIN SELECT RAISE(ABORT, 'a document is never changed'); END",
    ],
    'postgresql': [
        'CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS '
        "$$ BEGIN RAISE EXCEPTION 'a document is never changed'; END $$",
        'CREATE TRIGGER document_is_frozen BEFORE UPDATE ON document '
        'FOR EACH ROW EXECUTE FUNCTION refuse_change()',
    ],
}


def upgrade():
    op.create_table(
        'document_series',
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('last', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('kind', 'year', name=op.f('pk_document_series')),
    )
    op.create_table(
        'document',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('number', sa.String(length=20), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('issued_at', sa.DateTime(), nullable=False),
        sa.Column('order_id', sa.Integer(), nullable=False),
        sa.Column('attempt_id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('of_id', sa.Integer(), nullable=True),
        sa.Column('seller', sa.JSON(), nullable=False),
        sa.Column('buyer', sa.JSON(), nullable=False),
        sa.Column('line', sa.JSON(), nullable=False),
        sa.Column('currency', sa.String(length=3), nullable=False),
        sa.Column('amount_ore', sa.Integer(), nullable=False),
        sa.Column('base_ore', sa.Integer(), nullable=False),
        sa.Column('vat_ore', sa.Integer(), nullable=False),
        sa.Column('vat_rate', sa.Integer(), nullable=False),
        sa.Column('vat_treatment', sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ['order_id'], ['purchase_order.id'], name=op.f('fk_document_order_id')
        ),
        sa.ForeignKeyConstraint(
            ['attempt_id'], ['payment_attempt.id'], name=op.f('fk_document_attempt_id')
        ),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_document_person_id')),
        sa.ForeignKeyConstraint(['of_id'], ['document.id'], name=op.f('fk_document_of_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_document')),
        sa.UniqueConstraint('number', name=op.f('uq_document_number')),
        sa.UniqueConstraint('kind', 'year', 'sequence', name=op.f('uq_document_kind')),
    )
    for column in ('order_id', 'attempt_id', 'person_id'):
        op.create_index(op.f(f'ix_document_{column}'), 'document', [column])
    for statement in FROZEN[op.get_bind().dialect.name]:
        op.execute(statement)
    for name in ('received_ore', 'lost_ore'):
        column = sa.Column(name, sa.Integer(), nullable=False, server_default='0')
        op.add_column('payment_attempt', column)


def downgrade():
    op.drop_column('payment_attempt', 'lost_ore')
    op.drop_column('payment_attempt', 'received_ore')
    op.drop_table('document')
    op.drop_table('document_series')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION refuse_change()')
