"""figures by grid and grid worker. Run `zhiwang rebuild-figures` after it: docs/performance.md."""
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('performance_rollups', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_performance_rollups_grouping_key_span_first'))
        batch_op.drop_index(batch_op.f('ix_performance_rollups_grouping_within_key_span_first'))
        batch_op.create_index(batch_op.f('ix_performance_rollups_grouping_key_within_span_first'), ['grouping', 'key', 'within', 'span', 'first'], unique=False)
        batch_op.create_index(batch_op.f('ix_performance_rollups_grouping_within_span_first'), ['grouping', 'within', 'span', 'first'], unique=False)

    with op.batch_alter_table('performance_facts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_performance_facts_area_code_day'))
        batch_op.drop_index(batch_op.f('ix_performance_facts_category_code_day'))
        batch_op.create_index(batch_op.f('ix_performance_facts_area_code_day'), ['area_code', 'day'], unique=False, postgresql_include=['department_id', 'worker_id', 'category_code', 'channel', 'tally'])
        batch_op.create_index(batch_op.f('ix_performance_facts_category_code_day'), ['category_code', 'day'], unique=False, postgresql_include=['department_id', 'area_code', 'worker_id', 'channel', 'tally'])


def downgrade() -> None:
    with op.batch_alter_table('performance_rollups', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_performance_rollups_grouping_within_span_first'))
        batch_op.drop_index(batch_op.f('ix_performance_rollups_grouping_key_within_span_first'))
        batch_op.create_index(batch_op.f('ix_performance_rollups_grouping_within_key_span_first'), ['grouping', 'within', 'key', 'span', 'first'], unique=False)
        batch_op.create_index(batch_op.f('ix_performance_rollups_grouping_key_span_first'), ['grouping', 'key', 'span', 'first'], unique=False)

    with op.batch_alter_table('performance_facts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_performance_facts_area_code_day'))
        batch_op.drop_index(batch_op.f('ix_performance_facts_category_code_day'))
        batch_op.create_index(batch_op.f('ix_performance_facts_area_code_day'), ['area_code', 'day'], unique=False)
        batch_op.create_index(batch_op.f('ix_performance_facts_category_code_day'), ['category_code', 'day'], unique=False)
