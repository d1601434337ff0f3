"""late cases by index"""
import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.create_index('ix_cases_overdue', ['due_at', 'id'], unique=False, postgresql_where=sa.text('is_open AND overdue'), sqlite_where=sa.text('is_open = 1 AND overdue = 1'))


def downgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('ix_cases_overdue', postgresql_where=sa.text('is_open AND overdue'), sqlite_where=sa.text('is_open = 1 AND overdue = 1'))
