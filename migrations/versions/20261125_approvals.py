"""Approved lessons, and who waits for the course to open"""

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = 'approvals'
down_revision = "coursework"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('lesson') as lesson:
        lesson.add_column(
            sa.Column('digest', sa.String(length=64), nullable=False, server_default='')
        )
    op.create_table(
        'lesson_approval',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('lesson_id', sa.Integer(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('approved_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['lesson_id'], ['lesson.id'], name=op.f('fk_lesson_approval_lesson_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_lesson_approval')),
        sa.UniqueConstraint('lesson_id', 'digest', name=op.f('uq_lesson_approval_lesson_id')),
    )
    op.create_table(
        'opening_notice',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('email', sa.String(length=254), nullable=False),
        sa.Column('consent_version', sa.String(length=20), nullable=False),
        sa.Column('asked_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_opening_notice')),
        sa.UniqueConstraint('email', name=op.f('uq_opening_notice_email')),
    )
    _digest_what_is_there()


def _digest_what_is_there():
    lesson = sa.table('lesson', sa.column('id'), sa.column('source'), sa.column('digest'))
    connection = op.get_bind()
    for id_, source in connection.execute(sa.select(lesson.c.id, lesson.c.source)).all():
        digest = sha256(source.encode()).hexdigest()
        connection.execute(lesson.update().where(lesson.c.id == id_).values(digest=digest))


def downgrade():
    op.drop_table('opening_notice')
    op.drop_table('lesson_approval')
    with op.batch_alter_table('lesson') as lesson:
        lesson.drop_column('digest')
