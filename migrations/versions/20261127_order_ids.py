"""No number of an order or a gift is given out twice on SQLite either.

Without AUTOINCREMENT the number of the last row, once that is deleted, goes to the next one, and
with it what is called after it: "order:17" in enrolments, "gift-taken:17" among mails.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = 'order_ids'
down_revision = 'agreed_access'
branch_labels = None
depends_on = None

TABLES = ('purchase_order', 'gift')
NAMES = 'SELECT source FROM enrolment UNION ALL SELECT dedupe_key FROM mail UNION ALL SELECT about FROM mail'
NUMBERS = (
    'SELECT max(id) FROM purchase_order UNION ALL SELECT max(id) FROM gift'
    ' UNION ALL SELECT max(order_id) FROM browser'
)
CALLED_AFTER = re.compile(r'(?:order|gift)[a-z-]*:(?:order:)?(\d+)')


def upgrade():
    if op.get_bind().dialect.name != 'sqlite':
        return
    used = _highest_used()
    for table in TABLES:
        made = {'sqlite_autoincrement': True}
        with op.batch_alter_table(table, recreate='always', table_kwargs=made):
            pass
        op.execute(f"DELETE FROM sqlite_sequence WHERE name = '{table}'")
        op.execute(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {used})")


def _highest_used():
    # One for both tables: a number may be left out, but not used again.
    read = op.get_bind().scalars
    found = [CALLED_AFTER.match(name) for name in read(sa.text(NAMES)) if name]
    numbers = [int(each[1]) for each in found if each]
    return max([0, *numbers, *(number for number in read(sa.text(NUMBERS)) if number)])


def downgrade():
    if op.get_bind().dialect.name != 'sqlite':
        return
    for table in TABLES:
        with op.batch_alter_table(table, recreate='always') as batch:
            batch.create_primary_key(op.f(f'pk_{table}'), ['id'])
