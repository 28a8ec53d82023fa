"""Courses that are bought for somebody else."""

import sqlalchemy as sa
from alembic import op


revision = "gifts"
down_revision = "agreed_texts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("purchase_order") as batch:
        batch.add_column(
            sa.Column("is_gift", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    op.create_table(
        "gift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("giver", sa.String(120), nullable=False),
        sa.Column("way", sa.String(10), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=True),
        sa.Column("send_on", sa.Date(), nullable=True),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=True),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("redeemed_at", sa.DateTime(), nullable=True),
        sa.Column("redeemed_by", sa.Integer(), nullable=True),
        sa.Column("taken_in", sa.String(64), nullable=True),
        sa.Column("terms_version", sa.String(40), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_gift_course_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["purchase_order.id"], name=op.f("fk_gift_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["redeemed_by"], ["person.id"], name=op.f("fk_gift_redeemed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_gift_code_hash")),
        sa.UniqueConstraint("order_id", name=op.f("uq_gift_order_id")),
    )
    op.create_index(op.f("ix_gift_redeemed_by"), "gift", ["redeemed_by"])


def downgrade() -> None:
    op.drop_table("gift")
    with op.batch_alter_table("purchase_order") as batch:
        batch.drop_column("is_gift")
