"""the whole life of a case."""
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('history_anchors',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('cases', sa.Integer(), nullable=False),
    sa.Column('tips', sa.LargeBinary(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('previous', sa.String(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_history_anchors'))
    )
    op.create_table('reply_templates',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('category', sa.String(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by_id', sa.Uuid(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reply_templates'))
    )
    with op.batch_alter_table('reply_templates', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reply_templates_action_category'), ['action', 'category'], unique=False)

    op.create_table('sla_policies',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.String(), nullable=False),
    sa.Column('rules', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('numbers', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('ladders', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sla_policies')),
    sa.UniqueConstraint('version', name=op.f('uq_sla_policies_version'))
    )
    with op.batch_alter_table('sla_policies', schema=None) as batch_op:
        batch_op.create_index('uq_sla_policies_one_active', ['active'], unique=True, postgresql_where=sa.text('active'), sqlite_where=sa.text('active = 1'))

    op.create_table('turn_checks',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('found', sa.Integer(), nullable=False),
    sa.Column('first', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_turn_checks'))
    )
    op.create_table('duties',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Enum('citizen', 'grid_worker', 'operator', 'triage_operator', 'dispatcher', 'handler', 'department_head', 'adjudicator', 'supervisor', 'leader', 'data_steward', 'administrator', 'platform', 'system', name='role', native_enum=False, length=32), nullable=False),
    sa.Column('department_id', sa.Uuid(), nullable=True),
    sa.Column('area_code', sa.String(), nullable=True),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('note', sa.String(), nullable=True),
    sa.Column('entered_by_id', sa.Uuid(), nullable=True),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], name=op.f('fk_duties_department_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_duties_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duties'))
    )
    with op.batch_alter_table('duties', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_duties_role_until'), ['role', 'until'], unique=False)
        batch_op.create_index(batch_op.f('ix_duties_until_id'), ['until', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_duties_user_id'), ['user_id'], unique=False)

    op.create_table('duplicate_proposals',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('other_id', sa.Uuid(), nullable=False),
    sa.Column('score', sa.Double(), nullable=False),
    sa.Column('reasons', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('state', sa.Enum('open', 'accepted', 'declined', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_duplicate_proposals_case_id')),
    sa.ForeignKeyConstraint(['other_id'], ['cases.id'], name=op.f('fk_duplicate_proposals_other_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duplicate_proposals')),
    sa.UniqueConstraint('case_id', 'other_id', name=op.f('uq_duplicate_proposals_case_id_other_id'))
    )
    with op.batch_alter_table('duplicate_proposals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_duplicate_proposals_other_id'), ['other_id'], unique=False)

    op.create_table('rule_proposals',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('case_number', sa.String(), nullable=False),
    sa.Column('category_code', sa.String(), nullable=False),
    sa.Column('area_code', sa.String(), nullable=True),
    sa.Column('released_id', sa.Uuid(), nullable=False),
    sa.Column('why', sa.String(), nullable=False),
    sa.Column('ground', sa.String(), nullable=True),
    sa.Column('proposed_id', sa.Uuid(), nullable=True),
    sa.Column('next_id', sa.Uuid(), nullable=True),
    sa.Column('ruling', sa.String(), nullable=False),
    sa.Column('ruled_by_id', sa.Uuid(), nullable=True),
    sa.Column('ruled_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Enum('open', 'accepted', 'declined', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('rule_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_rule_proposals_case_id')),
    sa.ForeignKeyConstraint(['next_id'], ['departments.id'], name=op.f('fk_rule_proposals_next_id')),
    sa.ForeignKeyConstraint(['proposed_id'], ['departments.id'], name=op.f('fk_rule_proposals_proposed_id')),
    sa.ForeignKeyConstraint(['released_id'], ['departments.id'], name=op.f('fk_rule_proposals_released_id')),
    sa.ForeignKeyConstraint(['rule_id'], ['rules.id'], name=op.f('fk_rule_proposals_rule_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_proposals')),
    sa.UniqueConstraint('case_id', 'released_id', name=op.f('uq_rule_proposals_case_id_released_id'))
    )
    with op.batch_alter_table('rule_proposals', schema=None) as batch_op:
        batch_op.create_index('ix_rule_proposals_open', ['category_code', 'released_id', 'id'], unique=False, postgresql_where=sa.text("state = 'open'"), sqlite_where=sa.text("state = 'open'"))

    op.create_table('comments',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=True),
    sa.Column('author_kind', sa.String(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=True),
    sa.Column('role', sa.Enum('citizen', 'grid_worker', 'operator', 'triage_operator', 'dispatcher', 'handler', 'department_head', 'adjudicator', 'supervisor', 'leader', 'data_steward', 'administrator', 'platform', 'system', name='role', native_enum=False, length=32), nullable=True),
    sa.Column('department_id', sa.Uuid(), nullable=True),
    sa.Column('visibility', sa.Enum('public', 'internal', name='visibility', native_enum=False, length=32), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_comments_case_id')),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], name=op.f('fk_comments_department_id')),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_comments_report_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comments'))
    )
    with op.batch_alter_table('comments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_comments_case_id_at_id'), ['case_id', 'at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_comments_report_id_at_id'), ['report_id', 'at', 'id'], unique=False)

    op.create_table('message_preferences',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('phone_index', sa.String(), nullable=True),
    sa.Column('report_id', sa.Uuid(), nullable=True),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('language', sa.Enum('zh', 'en', name='language', native_enum=False, length=32), nullable=False),
    sa.Column('off', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('mail', sa.LargeBinary(), nullable=True),
    sa.Column('seen_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_message_preferences_report_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_message_preferences_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message_preferences')),
    sa.UniqueConstraint('phone_index', name=op.f('uq_message_preferences_phone_index')),
    sa.UniqueConstraint('report_id', name=op.f('uq_message_preferences_report_id')),
    sa.UniqueConstraint('user_id', name=op.f('uq_message_preferences_user_id'))
    )
    op.create_table('report_choices',
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_report_choices_case_id')),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_report_choices_report_id')),
    sa.PrimaryKeyConstraint('report_id', name=op.f('pk_report_choices'))
    )
    op.create_table('report_keys',
    sa.Column('key', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_report_keys_report_id')),
    sa.PrimaryKeyConstraint('key', 'report_id', name=op.f('pk_report_keys'))
    )
    with op.batch_alter_table('report_keys', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_report_keys_report_id'), ['report_id'], unique=False)

    with op.batch_alter_table('assignments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ruled', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_index(batch_op.f('ix_assignments_since'), ['since'], unique=False)

    with op.batch_alter_table('case_history', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_history_at'), ['at'], unique=False)

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('return_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('applied_for', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('endorsed', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('applied_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('suspended_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('questions', sa.Integer(), nullable=False, server_default=sa.text('0')))
        batch_op.add_column(sa.Column('question_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('urges', sa.Integer(), nullable=False, server_default=sa.text('0')))
        batch_op.add_column(sa.Column('urged_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('feedback_owed', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('dissatisfied', sa.Integer(), nullable=False, server_default=sa.text('0')))
        batch_op.add_column(sa.Column('appealed_timer_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('sampled', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('flagged', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('flags', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False, server_default=sa.text("'[]'")))
        batch_op.add_column(sa.Column('urgent_because', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('priority_fixed', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_index('ix_cases_appealed', ['due_at', 'id'], unique=False, postgresql_where=sa.text('appealed_timer_id IS NOT NULL'), sqlite_where=sa.text('appealed_timer_id IS NOT NULL'))
        batch_op.create_index('ix_cases_applied', ['due_at', 'id'], unique=False, postgresql_where=sa.text('applied_for IS NOT NULL'), sqlite_where=sa.text('applied_for IS NOT NULL'))
        batch_op.create_index('ix_cases_flagged', ['due_at', 'id'], unique=False, postgresql_where=sa.text('flagged'), sqlite_where=sa.text('flagged = 1'))
        batch_op.create_index('ix_cases_question', ['question_until', 'id'], unique=False, postgresql_where=sa.text('question_until IS NOT NULL'), sqlite_where=sa.text('question_until IS NOT NULL'))
        batch_op.create_index('ix_cases_supervised', ['due_at', 'id'], unique=False, postgresql_where=sa.text('feedback_owed'), sqlite_where=sa.text('feedback_owed = 1'))
        batch_op.create_index('ix_cases_suspended', ['suspended_until', 'id'], unique=False, postgresql_where=sa.text('suspended_until IS NOT NULL'), sqlite_where=sa.text('suspended_until IS NOT NULL'))

    with op.batch_alter_table('escalations', schema=None) as batch_op:
        batch_op.add_column(sa.Column('late', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('missed', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False, server_default=sa.text("'[]'")))

    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reader', sa.String(), nullable=False, server_default=sa.text("''")))
        batch_op.add_column(sa.Column('user_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('kind', sa.Enum('progress', 'result', 'question', 'comment', 'work', 'ruling', 'order', name='kind', native_enum=False, length=32), nullable=False, server_default=sa.text("'progress'")))
        batch_op.add_column(sa.Column('urgent', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('fault', sa.String(), nullable=True))
        batch_op.alter_column('report_id',
               existing_type=sa.CHAR(length=32),
               nullable=True)
        batch_op.drop_index(batch_op.f('ix_messages_report_id'))
        batch_op.drop_constraint(batch_op.f('uq_messages_event_id_report_id_via'), type_='unique')
        batch_op.create_index('ix_messages_dead', ['failed_at', 'id'], unique=False, postgresql_where=sa.text('failed_at IS NOT NULL'), sqlite_where=sa.text('failed_at IS NOT NULL'))
        batch_op.create_index(batch_op.f('ix_messages_reader_created_at_id'), ['reader', 'created_at', 'id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_messages_user_id'), 'users', ['user_id'], ['id'])

    with op.batch_alter_table('standards', schema=None) as batch_op:
        batch_op.add_column(sa.Column('lenient', sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table('timer_segments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('limit_value', sa.Double(), nullable=True))
        batch_op.add_column(sa.Column('limit_unit', sa.Enum('urgent_hour', 'work_hour', 'work_day', 'natural_day', name='unit', native_enum=False, length=32), nullable=True))

    with op.batch_alter_table('timers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('excused_at', sa.DateTime(timezone=True), nullable=True))

    _carry_over()
    with op.batch_alter_table('assignments', schema=None) as batch_op:
        batch_op.alter_column('ruled', server_default=None)

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_column('return_is_final')
        batch_op.drop_column('extension_asked')
        batch_op.alter_column('endorsed', server_default=None)
        batch_op.alter_column('questions', server_default=None)
        batch_op.alter_column('urges', server_default=None)
        batch_op.alter_column('feedback_owed', server_default=None)
        batch_op.alter_column('dissatisfied', server_default=None)
        batch_op.alter_column('flagged', server_default=None)
        batch_op.alter_column('flags', server_default=None)
        batch_op.alter_column('priority_fixed', server_default=None)

    with op.batch_alter_table('escalations', schema=None) as batch_op:
        batch_op.alter_column('late', server_default=None)
        batch_op.alter_column('missed', server_default=None)

    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f('uq_messages_event_id_reader_via'), ['event_id', 'reader', 'via'])
        batch_op.alter_column('reader', server_default=None)
        batch_op.alter_column('kind', server_default=None)
        batch_op.alter_column('urgent', server_default=None)

    with op.batch_alter_table('standards', schema=None) as batch_op:
        batch_op.alter_column('lenient', server_default=None)


def _carry_over() -> None:
    """What the old columns said, in the new ones; what they did not say as it would have come about."""
    op.execute("UPDATE cases SET applied_for = 'extend' WHERE extension_asked")
    op.execute("UPDATE assignments SET ruled = (1 = 1) WHERE part = 'lead' AND until IS NULL"
               " AND case_id IN (SELECT id FROM cases WHERE return_is_final)")
    op.execute("UPDATE cases SET return_until = (SELECT max(due_at) FROM timers WHERE timers.case_id = cases.id AND stage = 'sign')"
               " WHERE status IN ('dispatched', 'handling') AND reopens = 0 AND reworks = 0")
    op.execute("UPDATE cases SET feedback_owed = (1 = 1) WHERE is_open AND id IN"
               " (SELECT case_id FROM timers WHERE stage = 'supervise' AND state <> 'stopped')")
    op.execute("UPDATE cases SET urgent_because = '升级前已列为紧急' WHERE priority = 'urgent'")
    op.execute("UPDATE messages SET reader = 'report:' || replace(CAST(report_id AS VARCHAR(36)), '-', '')")
    _date_the_suspended()


def _date_the_suspended() -> None:
    """Until now the date of a suspension stood in its line of the history only."""
    db = op.get_bind()
    cases = sa.table('cases', sa.column('id', sa.Uuid()), sa.column('status', sa.String()),
                     sa.column('suspended_until', sa.DateTime(timezone=True)))
    history = sa.table('case_history', sa.column('case_id', sa.Uuid()), sa.column('action', sa.String()),
                       sa.column('number', sa.Integer()),
                       sa.column('facts', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')))
    lines = (sa.select(history.c.case_id, history.c.facts).join(cases, cases.c.id == history.c.case_id)
             .where(cases.c.status.in_(('suspended', 'merged')), history.c.action == 'suspend').order_by(history.c.number))
    for case_id, facts in db.execute(lines).all():
        db.execute(sa.update(cases).where(cases.c.id == case_id).values(suspended_until=datetime.fromisoformat(facts['until']).astimezone(UTC)))


def downgrade() -> None:
    op.execute("DELETE FROM messages WHERE report_id IS NULL OR via NOT IN ('sms', 'page')")
    with op.batch_alter_table('timers', schema=None) as batch_op:
        batch_op.drop_column('excused_at')

    with op.batch_alter_table('timer_segments', schema=None) as batch_op:
        batch_op.drop_column('limit_unit')
        batch_op.drop_column('limit_value')

    with op.batch_alter_table('standards', schema=None) as batch_op:
        batch_op.drop_column('lenient')

    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_messages_user_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_messages_event_id_reader_via'), type_='unique')
        batch_op.drop_index(batch_op.f('ix_messages_reader_created_at_id'))
        batch_op.drop_index('ix_messages_dead', postgresql_where=sa.text('failed_at IS NOT NULL'), sqlite_where=sa.text('failed_at IS NOT NULL'))
        batch_op.create_unique_constraint(batch_op.f('uq_messages_event_id_report_id_via'), ['event_id', 'report_id', 'via'])
        batch_op.create_index(batch_op.f('ix_messages_report_id'), ['report_id'], unique=False)
        batch_op.alter_column('report_id',
               existing_type=sa.CHAR(length=32),
               nullable=False)
        batch_op.drop_column('fault')
        batch_op.drop_column('urgent')
        batch_op.drop_column('kind')
        batch_op.drop_column('user_id')
        batch_op.drop_column('reader')

    with op.batch_alter_table('escalations', schema=None) as batch_op:
        batch_op.drop_column('missed')
        batch_op.drop_column('late')

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('return_is_final', sa.BOOLEAN(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('extension_asked', sa.BOOLEAN(), nullable=False, server_default=sa.false()))

    op.execute("UPDATE cases SET extension_asked = (1 = 1) WHERE applied_for = 'extend'")
    op.execute("UPDATE cases SET return_is_final = (1 = 1) WHERE id IN (SELECT case_id FROM assignments WHERE ruled)")
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('ix_cases_suspended', postgresql_where=sa.text('suspended_until IS NOT NULL'), sqlite_where=sa.text('suspended_until IS NOT NULL'))
        batch_op.drop_index('ix_cases_supervised', postgresql_where=sa.text('feedback_owed'), sqlite_where=sa.text('feedback_owed = 1'))
        batch_op.drop_index('ix_cases_question', postgresql_where=sa.text('question_until IS NOT NULL'), sqlite_where=sa.text('question_until IS NOT NULL'))
        batch_op.drop_index('ix_cases_flagged', postgresql_where=sa.text('flagged'), sqlite_where=sa.text('flagged = 1'))
        batch_op.drop_index('ix_cases_applied', postgresql_where=sa.text('applied_for IS NOT NULL'), sqlite_where=sa.text('applied_for IS NOT NULL'))
        batch_op.drop_index('ix_cases_appealed', postgresql_where=sa.text('appealed_timer_id IS NOT NULL'), sqlite_where=sa.text('appealed_timer_id IS NOT NULL'))
        batch_op.drop_column('priority_fixed')
        batch_op.drop_column('urgent_because')
        batch_op.drop_column('flags')
        batch_op.drop_column('flagged')
        batch_op.drop_column('sampled')
        batch_op.drop_column('appealed_timer_id')
        batch_op.drop_column('dissatisfied')
        batch_op.drop_column('feedback_owed')
        batch_op.drop_column('urged_at')
        batch_op.drop_column('urges')
        batch_op.drop_column('question_until')
        batch_op.drop_column('questions')
        batch_op.drop_column('suspended_until')
        batch_op.drop_column('applied_until')
        batch_op.drop_column('endorsed')
        batch_op.drop_column('applied_for')
        batch_op.drop_column('return_until')
        batch_op.alter_column('return_is_final', server_default=None)
        batch_op.alter_column('extension_asked', server_default=None)

    with op.batch_alter_table('case_history', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_history_at'))

    with op.batch_alter_table('assignments', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_assignments_since'))
        batch_op.drop_column('ruled')

    with op.batch_alter_table('report_keys', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_report_keys_report_id'))

    op.drop_table('report_keys')
    op.drop_table('report_choices')
    op.drop_table('message_preferences')
    with op.batch_alter_table('comments', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_comments_report_id_at_id'))
        batch_op.drop_index(batch_op.f('ix_comments_case_id_at_id'))

    op.drop_table('comments')
    with op.batch_alter_table('rule_proposals', schema=None) as batch_op:
        batch_op.drop_index('ix_rule_proposals_open', postgresql_where=sa.text("state = 'open'"), sqlite_where=sa.text("state = 'open'"))

    op.drop_table('rule_proposals')
    with op.batch_alter_table('duplicate_proposals', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_duplicate_proposals_other_id'))

    op.drop_table('duplicate_proposals')
    with op.batch_alter_table('duties', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_duties_user_id'))
        batch_op.drop_index(batch_op.f('ix_duties_until_id'))
        batch_op.drop_index(batch_op.f('ix_duties_role_until'))

    op.drop_table('duties')
    op.drop_table('turn_checks')
    with op.batch_alter_table('sla_policies', schema=None) as batch_op:
        batch_op.drop_index('uq_sla_policies_one_active', postgresql_where=sa.text('active'), sqlite_where=sa.text('active = 1'))

    op.drop_table('sla_policies')
    with op.batch_alter_table('reply_templates', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reply_templates_action_category'))

    op.drop_table('reply_templates')
    op.drop_table('history_anchors')
