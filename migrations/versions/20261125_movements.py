"""What moved at Stripe, for the books."""

import sqlalchemy as sa
from alembic import op

revision = "movements"
down_revision = "gifts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stripe_movement",
        sa.Column("id", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("amount_ore", sa.Integer(), nullable=False),
        sa.Column("fee_ore", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("source_id", sa.String(200), nullable=False),
        sa.Column("intent_id", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_movement")),
    )
    op.create_index(op.f("ix_stripe_movement_at"), "stripe_movement", ["at"])
    op.create_index(op.f("ix_stripe_movement_intent_id"), "stripe_movement", ["intent_id"])


def downgrade() -> None:
    op.drop_table("stripe_movement")
