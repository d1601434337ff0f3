"""desk, command and cockpit."""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('area_counts',
    sa.Column('area_code', sa.String(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('counted_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('area_code', 'what', name=op.f('pk_area_counts'))
    )
    op.create_table('bulletins',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('week', 'month', name='kind', native_enum=False, length=32), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('content', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulletins')),
    sa.UniqueConstraint('kind', 'since', name=op.f('uq_bulletins_kind_since'))
    )
    with op.batch_alter_table('bulletins', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_bulletins_until_id'), ['until', 'id'], unique=False)

    op.create_table('early_warning_days',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('group_code', sa.String(), nullable=False),
    sa.Column('hours', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('squares', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('areas', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('words', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('closed', sa.Integer(), nullable=False),
    sa.Column('late', sa.Integer(), nullable=False),
    sa.Column('counted_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('day', 'group_code', name=op.f('pk_early_warning_days'))
    )
    op.create_table('performance_rollups',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('grouping', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('within', sa.String(), nullable=False),
    sa.Column('span', sa.Enum('day', 'month', name='span', native_enum=False, length=32), nullable=False),
    sa.Column('first', sa.Date(), nullable=False),
    sa.Column('tally', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_performance_rollups'))
    )
    with op.batch_alter_table('performance_rollups', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_performance_rollups_first'), ['first'], unique=False)
        batch_op.create_index(batch_op.f('ix_performance_rollups_grouping_key_span_first'), ['grouping', 'key', 'span', 'first'], unique=False)
        batch_op.create_index(batch_op.f('ix_performance_rollups_grouping_within_key_span_first'), ['grouping', 'within', 'key', 'span', 'first'], unique=False)

    op.create_table('performance_scorecards',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('period', sa.String(), nullable=False),
    sa.Column('of', sa.Enum('department', 'worker', name='of', native_enum=False, length=32), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('area_code', sa.String(), nullable=True),
    sa.Column('state', sa.Enum('draft', 'published', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('score', sa.Double(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('lines', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('drafted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_by_id', sa.Uuid(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_performance_scorecards')),
    sa.UniqueConstraint('period', 'of', 'subject_id', name=op.f('uq_performance_scorecards_period_of_subject_id'))
    )
    with op.batch_alter_table('performance_scorecards', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_performance_scorecards_of_period_place'), ['of', 'period', 'place'], unique=False)
        batch_op.create_index(batch_op.f('ix_performance_scorecards_subject_id'), ['subject_id'], unique=False)

    op.create_table('early_warnings',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('surge', 'cluster', 'repeat', 'silent', 'late', 'topic', name='kind', native_enum=False, length=32), nullable=False),
    sa.Column('state', sa.Enum('open', 'acknowledged', 'closed', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('category_code', sa.String(), nullable=True),
    sa.Column('area_code', sa.String(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('metres', sa.Integer(), nullable=True),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('expected', sa.Double(), nullable=False),
    sa.Column('confidence', sa.Double(), nullable=False),
    sa.Column('evidence', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('raised_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('acknowledged_by_id', sa.Uuid(), nullable=True),
    sa.Column('note', sa.String(), nullable=True),
    sa.Column('outcome', sa.Enum('true', 'false', name='outcome', native_enum=False, length=32), nullable=True),
    sa.Column('outcome_note', sa.String(), nullable=True),
    sa.Column('judged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('judged_by_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['acknowledged_by_id'], ['users.id'], name=op.f('fk_early_warnings_acknowledged_by_id')),
    sa.ForeignKeyConstraint(['judged_by_id'], ['users.id'], name=op.f('fk_early_warnings_judged_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_early_warnings'))
    )
    with op.batch_alter_table('early_warnings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_early_warnings_raised_at_id'), ['raised_at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_early_warnings_state_raised_at_id'), ['state', 'raised_at', 'id'], unique=False)
        batch_op.create_index('uq_early_warnings_going_on', ['kind', 'subject'], unique=True, postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))

    op.create_table('list_exports',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('listing', sa.String(), nullable=False),
    sa.Column('form', sa.Enum('xlsx', 'csv', name='form', native_enum=False, length=32), nullable=False),
    sa.Column('query', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('plain', sa.Boolean(), nullable=False),
    sa.Column('asked_by_id', sa.Uuid(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'running', 'done', 'failed', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('total', sa.Integer(), nullable=True),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('kept', sa.Integer(), nullable=False),
    sa.Column('parts', sa.Integer(), nullable=False),
    sa.Column('place', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('whole', sa.Boolean(), nullable=False),
    sa.Column('bytes', sa.Integer(), nullable=True),
    sa.Column('beat_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('fault', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['asked_by_id'], ['users.id'], name=op.f('fk_list_exports_asked_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_list_exports'))
    )
    with op.batch_alter_table('list_exports', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_list_exports_asked_at'), ['asked_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_list_exports_asked_by_id_asked_at_id'), ['asked_by_id', 'asked_at', 'id'], unique=False)
        batch_op.create_index('ix_list_exports_open', ['asked_at', 'id'], unique=False, postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))

    op.create_table('performance_appeals',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('scorecard_id', sa.Uuid(), nullable=False),
    sa.Column('made_by_id', sa.Uuid(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('grounds', sa.String(), nullable=False),
    sa.Column('ruling', sa.Enum('open', 'granted', 'dismissed', name='ruling', native_enum=False, length=32), nullable=False),
    sa.Column('ruled_by_id', sa.Uuid(), nullable=True),
    sa.Column('ruled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('amended_score', sa.Double(), nullable=True),
    sa.ForeignKeyConstraint(['made_by_id'], ['users.id'], name=op.f('fk_performance_appeals_made_by_id')),
    sa.ForeignKeyConstraint(['ruled_by_id'], ['users.id'], name=op.f('fk_performance_appeals_ruled_by_id')),
    sa.ForeignKeyConstraint(['scorecard_id'], ['performance_scorecards.id'], name=op.f('fk_performance_appeals_scorecard_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_performance_appeals')),
    sa.UniqueConstraint('scorecard_id', name=op.f('uq_performance_appeals_scorecard_id'))
    )
    with op.batch_alter_table('performance_appeals', schema=None) as batch_op:
        batch_op.create_index('ix_performance_appeals_open', ['made_at', 'id'], unique=False, postgresql_where=sa.text("ruling = 'open'"), sqlite_where=sa.text("ruling = 'open'"))

    op.create_table('saved_filters',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('wanted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_saved_filters_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_filters')),
    sa.UniqueConstraint('user_id', 'name', name=op.f('uq_saved_filters_user_id_name'))
    )
    op.create_table('bulletin_remarks',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('bulletin_id', sa.Uuid(), nullable=False),
    sa.Column('section', sa.String(), nullable=True),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('department_id', sa.Uuid(), nullable=True),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('due', sa.Date(), nullable=False),
    sa.Column('answer', sa.String(), nullable=True),
    sa.Column('answered_by_id', sa.Uuid(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['answered_by_id'], ['users.id'], name=op.f('fk_bulletin_remarks_answered_by_id')),
    sa.ForeignKeyConstraint(['bulletin_id'], ['bulletins.id'], name=op.f('fk_bulletin_remarks_bulletin_id')),
    sa.ForeignKeyConstraint(['by_id'], ['users.id'], name=op.f('fk_bulletin_remarks_by_id')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_bulletin_remarks_case_id')),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], name=op.f('fk_bulletin_remarks_department_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_bulletin_remarks_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulletin_remarks'))
    )
    with op.batch_alter_table('bulletin_remarks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_bulletin_remarks_bulletin_id'), ['bulletin_id'], unique=False)
        batch_op.create_index('ix_bulletin_remarks_case', ['case_id'], unique=False, postgresql_where=sa.text('case_id IS NOT NULL'), sqlite_where=sa.text('case_id IS NOT NULL'))
        batch_op.create_index(batch_op.f('ix_bulletin_remarks_department_id_at_id'), ['department_id', 'at', 'id'], unique=False)
        batch_op.create_index('ix_bulletin_remarks_open', ['due', 'id'], unique=False, postgresql_where=sa.text('answered_at IS NULL'), sqlite_where=sa.text('answered_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_bulletin_remarks_user_id_at_id'), ['user_id', 'at', 'id'], unique=False)

    op.create_table('case_holds',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_holds_case_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_case_holds_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_holds')),
    sa.UniqueConstraint('case_id', name=op.f('uq_case_holds_case_id'))
    )
    with op.batch_alter_table('case_holds', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_holds_until'), ['until'], unique=False)
        batch_op.create_index(batch_op.f('ix_case_holds_user_id'), ['user_id'], unique=False)

    op.create_table('performance_facts',
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('department_id', sa.Uuid(), nullable=True),
    sa.Column('area_code', sa.String(), nullable=True),
    sa.Column('worker_id', sa.Uuid(), nullable=True),
    sa.Column('category_code', sa.String(), nullable=True),
    sa.Column('channel', sa.Enum('pda', 'hotline', 'citizen', 'open311', 'wechat', name='channel', native_enum=False, length=32), nullable=False),
    sa.Column('tally', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_performance_facts_case_id')),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], name=op.f('fk_performance_facts_department_id')),
    sa.PrimaryKeyConstraint('case_id', 'position', name=op.f('pk_performance_facts'))
    )
    with op.batch_alter_table('performance_facts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_performance_facts_area_code_day'), ['area_code', 'day'], unique=False)
        batch_op.create_index(batch_op.f('ix_performance_facts_category_code_day'), ['category_code', 'day'], unique=False)
        batch_op.create_index(batch_op.f('ix_performance_facts_day'), ['day'], unique=False)
        batch_op.create_index(batch_op.f('ix_performance_facts_department_id_day'), ['department_id', 'day'], unique=False)
        batch_op.create_index(batch_op.f('ix_performance_facts_worker_id_day'), ['worker_id', 'day'], unique=False)

    with op.batch_alter_table('assignments', schema=None) as batch_op:
        batch_op.create_index('ix_assignments_helping', ['department_id', 'case_id'], unique=False, postgresql_where=sa.text("part = 'assist' AND until IS NULL AND done_at IS NULL"), sqlite_where=sa.text("part = 'assist' AND until IS NULL AND done_at IS NULL"))
        batch_op.create_index('ix_assignments_ruled', ['since'], unique=False, postgresql_where=sa.text('returned OR ruled'), sqlite_where=sa.text('returned = 1 OR ruled = 1'))

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('handler_id', sa.Uuid(), nullable=True))
        batch_op.create_index('ix_cases_open_handler', ['handler_id', 'due_at', 'id'], unique=False, postgresql_where=sa.text('is_open'), sqlite_where=sa.text('is_open = 1'))
        batch_op.create_index('ix_cases_waits', ['lead_department_id', 'due_at', 'id'], unique=False, postgresql_where=sa.text('is_open AND (applied_for IS NOT NULL OR question_until IS NOT NULL OR suspended_until IS NOT NULL)'), sqlite_where=sa.text('is_open AND (applied_for IS NOT NULL OR question_until IS NOT NULL OR suspended_until IS NOT NULL)'))
        batch_op.create_foreign_key(batch_op.f('fk_cases_handler_id'), 'users', ['handler_id'], ['id'])

    with op.batch_alter_table('rule_proposals', schema=None) as batch_op:
        batch_op.alter_column('released_id',
               existing_type=sa.CHAR(length=32),
               nullable=True)



def downgrade() -> None:
    with op.batch_alter_table('rule_proposals', schema=None) as batch_op:
        batch_op.alter_column('released_id',
               existing_type=sa.CHAR(length=32),
               nullable=False)

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_cases_handler_id'), type_='foreignkey')
        batch_op.drop_index('ix_cases_waits', postgresql_where=sa.text('is_open AND (applied_for IS NOT NULL OR question_until IS NOT NULL OR suspended_until IS NOT NULL)'), sqlite_where=sa.text('is_open AND (applied_for IS NOT NULL OR question_until IS NOT NULL OR suspended_until IS NOT NULL)'))
        batch_op.drop_index('ix_cases_open_handler', postgresql_where=sa.text('is_open'), sqlite_where=sa.text('is_open = 1'))
        batch_op.drop_column('handler_id')

    with op.batch_alter_table('assignments', schema=None) as batch_op:
        batch_op.drop_index('ix_assignments_ruled', postgresql_where=sa.text('returned OR ruled'), sqlite_where=sa.text('returned = 1 OR ruled = 1'))
        batch_op.drop_index('ix_assignments_helping', postgresql_where=sa.text("part = 'assist' AND until IS NULL AND done_at IS NULL"), sqlite_where=sa.text("part = 'assist' AND until IS NULL AND done_at IS NULL"))

    with op.batch_alter_table('performance_facts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_performance_facts_worker_id_day'))
        batch_op.drop_index(batch_op.f('ix_performance_facts_department_id_day'))
        batch_op.drop_index(batch_op.f('ix_performance_facts_day'))
        batch_op.drop_index(batch_op.f('ix_performance_facts_category_code_day'))
        batch_op.drop_index(batch_op.f('ix_performance_facts_area_code_day'))

    op.drop_table('performance_facts')
    with op.batch_alter_table('case_holds', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_holds_user_id'))
        batch_op.drop_index(batch_op.f('ix_case_holds_until'))

    op.drop_table('case_holds')
    with op.batch_alter_table('bulletin_remarks', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_bulletin_remarks_user_id_at_id'))
        batch_op.drop_index('ix_bulletin_remarks_open', postgresql_where=sa.text('answered_at IS NULL'), sqlite_where=sa.text('answered_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_bulletin_remarks_department_id_at_id'))
        batch_op.drop_index('ix_bulletin_remarks_case', postgresql_where=sa.text('case_id IS NOT NULL'), sqlite_where=sa.text('case_id IS NOT NULL'))
        batch_op.drop_index(batch_op.f('ix_bulletin_remarks_bulletin_id'))

    op.drop_table('bulletin_remarks')
    op.drop_table('saved_filters')
    with op.batch_alter_table('performance_appeals', schema=None) as batch_op:
        batch_op.drop_index('ix_performance_appeals_open', postgresql_where=sa.text("ruling = 'open'"), sqlite_where=sa.text("ruling = 'open'"))

    op.drop_table('performance_appeals')
    with op.batch_alter_table('list_exports', schema=None) as batch_op:
        batch_op.drop_index('ix_list_exports_open', postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_list_exports_asked_by_id_asked_at_id'))
        batch_op.drop_index(batch_op.f('ix_list_exports_asked_at'))

    op.drop_table('list_exports')
    with op.batch_alter_table('early_warnings', schema=None) as batch_op:
        batch_op.drop_index('uq_early_warnings_going_on', postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_early_warnings_state_raised_at_id'))
        batch_op.drop_index(batch_op.f('ix_early_warnings_raised_at_id'))

    op.drop_table('early_warnings')
    with op.batch_alter_table('performance_scorecards', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_performance_scorecards_subject_id'))
        batch_op.drop_index(batch_op.f('ix_performance_scorecards_of_period_place'))

    op.drop_table('performance_scorecards')
    with op.batch_alter_table('performance_rollups', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_performance_rollups_grouping_within_key_span_first'))
        batch_op.drop_index(batch_op.f('ix_performance_rollups_grouping_key_span_first'))
        batch_op.drop_index(batch_op.f('ix_performance_rollups_first'))

    op.drop_table('performance_rollups')
    op.drop_table('early_warning_days')
    with op.batch_alter_table('bulletins', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_bulletins_until_id'))

    op.drop_table('bulletins')
    op.drop_table('area_counts')
