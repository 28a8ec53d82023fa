"""What was to pay after a discount."""

import sqlalchemy as sa
from alembic import op

revision = "discounts"
down_revision = "booking"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("payment_attempt") as batch:
        batch.add_column(sa.Column("total_ore", sa.Integer(), nullable=True))
        batch.add_column(
            sa.Column("discount_ore", sa.Integer(), server_default="0", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("payment_attempt") as batch:
        batch.drop_column("discount_ore")
        batch.drop_column("total_ore")
