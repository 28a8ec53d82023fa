"""Outbox hardened"""

import sqlalchemy as sa
from alembic import op

from shop.db import EncryptedJSON, EncryptedText

revision = 'outbox'
down_revision = 'first'
branch_labels = None
depends_on = None

# One encrypted letter instead of five encrypted columns.
MAIL = sa.table(
    'mail',
    sa.column('id', sa.Integer),
    sa.column('recipient', EncryptedText),
    sa.column('subject', EncryptedText),
    sa.column('text', EncryptedText),
    sa.column('reply_to', EncryptedText),
    sa.column('headers', EncryptedJSON),
    sa.column('letter', EncryptedJSON),
)
PARTS = ('subject', 'text', 'reply_to', 'headers')


def upgrade():
    with op.batch_alter_table('mail', schema=None) as batch_op:
        batch_op.add_column(sa.Column('about', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('sequence', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('letter', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('give_up_at', sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column('lease', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('failure', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('code', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('seen_at', sa.DateTime(), nullable=True))
        batch_op.create_index('ix_mail_about', ['about', 'kind', 'sequence'], unique=False)
    for mail in op.get_bind().execute(sa.select(MAIL)).mappings().all():
        letter = {'to': mail['recipient'], **{part: mail[part] for part in PARTS}}
        op.execute(MAIL.update().where(MAIL.c.id == mail['id']).values(letter=letter))
    with op.batch_alter_table('mail', schema=None) as batch_op:
        batch_op.alter_column('letter', existing_type=sa.LargeBinary(), nullable=False)
        for name in ('recipient', *PARTS):
            batch_op.drop_column(name)


def downgrade():
    with op.batch_alter_table('mail', schema=None) as batch_op:
        for name in ('recipient', *PARTS):
            batch_op.add_column(sa.Column(name, sa.LargeBinary(), nullable=True))
    for mail in op.get_bind().execute(sa.select(MAIL)).mappings().all():
        parts = {part: mail['letter'][part] for part in PARTS}
        values = {'recipient': mail['letter']['to'], **parts}
        op.execute(MAIL.update().where(MAIL.c.id == mail['id']).values(**values))
    with op.batch_alter_table('mail', schema=None) as batch_op:
        for name in ('recipient', 'subject', 'text', 'headers'):
            batch_op.alter_column(name, existing_type=sa.LargeBinary(), nullable=False)
        batch_op.drop_index('ix_mail_about')
        for name in (
            'seen_at', 'code', 'failure', 'lease', 'give_up_at', 'letter', 'sequence', 'about'
        ):
            batch_op.drop_column(name)
