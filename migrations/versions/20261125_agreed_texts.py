"""Terms and consent as they were agreed"""

import sqlalchemy as sa
from alembic import op

revision = 'agreed_texts'
down_revision = 'refunds'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'agreed_text',
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('version', sa.String(length=40), nullable=False),
        sa.Column('terms', sa.Text(), nullable=False),
        sa.Column('consent_version', sa.String(length=40), nullable=False),
        sa.Column('consent', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('digest', name=op.f('pk_agreed_text')),
    )
    # As SQL: rebuilding the table, as SQLite else would, takes the orders' payments with it.
    op.execute(
        'ALTER TABLE purchase_order ADD COLUMN agreed VARCHAR(64) '
        'CONSTRAINT fk_purchase_order_agreed REFERENCES agreed_text (digest)'
    )


def downgrade():
    with op.batch_alter_table('purchase_order', schema=None) as batch_op:
        batch_op.drop_column('agreed')
    op.drop_table('agreed_text')
