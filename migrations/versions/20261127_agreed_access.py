"""What was sold stands on the order: the course's title and months, and the right of withdrawal"""

from alembic import op

revision = 'agreed_access'
down_revision = 'rhythm'
branch_labels = None
depends_on = None


def upgrade():
    # As SQL: rebuilding the table, as SQLite else would, takes the orders' payments with it.
    for column in (
        "course_title VARCHAR(300) NOT NULL DEFAULT ''",
        'access_months INTEGER NOT NULL DEFAULT 0',
        'keeps_right BOOLEAN NOT NULL DEFAULT true',  # nobody has bought on other terms yet
    ):
        op.execute(f'ALTER TABLE purchase_order ADD COLUMN {column}')
    op.execute(
        'UPDATE purchase_order SET'
        ' course_title = (SELECT title FROM course WHERE course.id = course_id),'
        ' access_months = (SELECT course.access_months FROM course WHERE course.id = course_id)'
    )


def downgrade():
    for name in ('keeps_right', 'access_months', 'course_title'):
        op.execute(f'ALTER TABLE purchase_order DROP COLUMN {name}')
