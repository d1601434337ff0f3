"""in the field."""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('collection_forms',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('form_id', sa.String(), nullable=False),
    sa.Column('version', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('register', sa.String(), nullable=False),
    sa.Column('kind', sa.Enum('xlsx', 'md', name='kind', native_enum=False, length=32), nullable=False),
    sa.Column('source', sa.LargeBinary(), nullable=False),
    sa.Column('xform', sa.String(), nullable=False),
    sa.Column('md5', sa.String(), nullable=False),
    sa.Column('questions', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('remarks', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_by', sa.Uuid(), nullable=True),
    sa.Column('shipped', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_collection_forms')),
    sa.UniqueConstraint('form_id', 'version', name=op.f('uq_collection_forms_form_id_version'))
    )
    with op.batch_alter_table('collection_forms', schema=None) as batch_op:
        batch_op.create_index('uq_collection_forms_one_active', ['form_id'], unique=True, postgresql_where=sa.text('active'), sqlite_where=sa.text('active = 1'))

    op.create_table('field_changes',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('audience', sa.String(), nullable=False),
    sa.Column('kind', sa.Enum('task', 'case', 'entry', name='thing', native_enum=False, length=32), nullable=False),
    sa.Column('subject', sa.Uuid(), nullable=False),
    sa.Column('gone', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_field_changes'))
    )
    with op.batch_alter_table('field_changes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_field_changes_audience_seq'), ['audience', 'seq'], unique=False)
        batch_op.create_index(batch_op.f('ix_field_changes_gone_at'), ['gone', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_field_changes_subject'), ['subject'], unique=False)

    op.create_table('field_followed_events',
    sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_field_followed_events'))
    )
    with op.batch_alter_table('field_followed_events', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_field_followed_events_at'), ['at'], unique=False)

    op.create_table('field_surveys',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('verify', 'inspect', 'visit', 'survey', 'component_survey', 'conflict', name='kind', native_enum=False, length=32), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=True),
    sa.Column('form_id', sa.String(), nullable=True),
    sa.Column('area_code', sa.String(), nullable=False),
    sa.Column('register', sa.String(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.Uuid(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reached', sa.String(), nullable=True),
    sa.Column('spread_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field_surveys'))
    )
    with op.batch_alter_table('field_surveys', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_field_surveys_due_at_id'), ['due_at', 'id'], unique=False)
        batch_op.create_index('ix_field_surveys_unspread', ['made_at'], unique=False, postgresql_where=sa.text('spread_at IS NULL'), sqlite_where=sa.text('spread_at IS NULL'))

    op.create_table('grid_presence',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('area_code', sa.String(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('cell', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grid_presence')),
    sa.UniqueConstraint('area_code', 'day', 'cell', name=op.f('uq_grid_presence_area_code_day_cell'))
    )
    with op.batch_alter_table('grid_presence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_grid_presence_day_area_code'), ['day', 'area_code'], unique=False)

    op.create_table('grid_visits',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('area_code', sa.String(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('cells', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grid_visits')),
    sa.UniqueConstraint('area_code', 'day', name=op.f('uq_grid_visits_area_code_day'))
    )
    op.create_table('presence_checks',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('report', 'step', 'task', 'check_in', name='subject', native_enum=False, length=32), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lon', sa.Double(), nullable=False),
    sa.Column('lat', sa.Double(), nullable=False),
    sa.Column('accuracy', sa.Double(), nullable=True),
    sa.Column('mock', sa.Boolean(), nullable=False),
    sa.Column('area_code', sa.String(), nullable=True),
    sa.Column('flags', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('flagged', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_presence_checks')),
    sa.UniqueConstraint('kind', 'subject_id', name=op.f('uq_presence_checks_kind_subject_id'))
    )
    with op.batch_alter_table('presence_checks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_presence_checks_at'), ['at'], unique=False)
        batch_op.create_index('ix_presence_checks_flagged', ['at', 'id'], unique=False, postgresql_where=sa.text('flagged'), sqlite_where=sa.text('flagged = 1'))
        batch_op.create_index(batch_op.f('ix_presence_checks_user_id_at'), ['user_id', 'at'], unique=False)

    op.create_table('register_conflicts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('values', 'same_number', name='contestkind', native_enum=False, length=32), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('other_id', sa.Uuid(), nullable=True),
    sa.Column('register', sa.Enum('person', 'house', 'entity', 'component', 'address', name='register', native_enum=False, length=32), nullable=False),
    sa.Column('fields', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.Enum('current', 'stated', 'other', 'agreed', name='outcome', native_enum=False, length=32), nullable=True),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_conflicts'))
    )
    with op.batch_alter_table('register_conflicts', schema=None) as batch_op:
        batch_op.create_index('ix_register_conflicts_open', ['subject_id'], unique=False, postgresql_where=sa.text('closed_at IS NULL'), sqlite_where=sa.text('closed_at IS NULL'))
        batch_op.create_index('ix_register_conflicts_open_other', ['other_id'], unique=False, postgresql_where=sa.text('closed_at IS NULL'), sqlite_where=sa.text('closed_at IS NULL'))

    op.create_table('register_entries',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('register', sa.Enum('person', 'house', 'entity', 'component', 'address', name='register', native_enum=False, length=32), nullable=False),
    sa.Column('label', sa.String(), nullable=False),
    sa.Column('area_code', sa.String(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('values', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('personal', sa.LargeBinary(), nullable=True),
    sa.Column('head', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('field_versions', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('contested', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_entries'))
    )
    with op.batch_alter_table('register_entries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_register_entries_area_code_id'), ['area_code', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_register_entries_lat_lon'), ['lat', 'lon'], unique=False)

    op.create_table('register_holders',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('register', sa.Enum('person', 'house', 'entity', 'component', 'address', name='register', native_enum=False, length=32), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_holders')),
    sa.UniqueConstraint('register', 'digest', name=op.f('uq_register_holders_register_digest'))
    )
    with op.batch_alter_table('register_holders', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_register_holders_entry_id'), ['entry_id'], unique=False)

    op.create_table('register_keys',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('field', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_keys')),
    sa.UniqueConstraint('entry_id', 'field', name=op.f('uq_register_keys_entry_id_field'))
    )
    with op.batch_alter_table('register_keys', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_register_keys_digest'), ['digest'], unique=False)

    op.create_table('register_relations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('lives_in', 'owns', 'rents_to', 'works_at', 'located_in', 'represents', 'stands_at', 'lies_at', name='relationkind', native_enum=False, length=32), nullable=False),
    sa.Column('from_id', sa.Uuid(), nullable=False),
    sa.Column('to_id', sa.Uuid(), nullable=False),
    sa.Column('since', sa.Date(), nullable=True),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_relations'))
    )
    with op.batch_alter_table('register_relations', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_register_relations_from_id'), ['from_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_register_relations_to_id'), ['to_id'], unique=False)

    op.create_table('register_statements',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('register', sa.Enum('person', 'house', 'entity', 'component', 'address', name='register', native_enum=False, length=32), nullable=False),
    sa.Column('base', sa.Uuid(), nullable=True),
    sa.Column('source', sa.Enum('collected', 'declared', 'generated', name='source', native_enum=False, length=32), nullable=False),
    sa.Column('origin', sa.String(), nullable=False),
    sa.Column('form', sa.String(), nullable=True),
    sa.Column('by_kind', sa.String(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('values', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('personal', sa.LargeBinary(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('accuracy', sa.Double(), nullable=True),
    sa.Column('area_code', sa.String(), nullable=True),
    sa.Column('decides', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('within', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('state', sa.Enum('applied', 'waiting', 'conflict', 'refused', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('version', sa.Integer(), nullable=True),
    sa.Column('merged', sa.Uuid(), nullable=True),
    sa.Column('contested', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('reason', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_statements'))
    )
    with op.batch_alter_table('register_statements', schema=None) as batch_op:
        batch_op.create_index('ix_register_statements_merged', ['merged'], unique=False, postgresql_where=sa.text('merged IS NOT NULL'), sqlite_where=sa.text('merged IS NOT NULL'))
        batch_op.create_index(batch_op.f('ix_register_statements_subject_id_version'), ['subject_id', 'version'], unique=False)
        batch_op.create_index('ix_register_statements_waiting', ['base'], unique=False, postgresql_where=sa.text('version IS NULL'), sqlite_where=sa.text('version IS NULL'))

    op.create_table('register_visits',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Enum('routine', 'check', 'safety', 'care', 'dispute', 'service', 'publicity', 'other', name='purpose', native_enum=False, length=32), nullable=False),
    sa.Column('found', sa.LargeBinary(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_visits'))
    )
    with op.batch_alter_table('register_visits', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_register_visits_subject_id_at'), ['subject_id', 'at'], unique=False)

    op.create_table('uploads',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('length', sa.Integer(), nullable=True),
    sa.Column('received', sa.Integer(), nullable=False),
    sa.Column('described', sa.String(), nullable=True),
    sa.Column('sha256', sa.String(), nullable=True),
    sa.Column('partial', sa.Boolean(), nullable=False),
    sa.Column('joined', sa.String(), nullable=True),
    sa.Column('state', sa.Enum('receiving', 'complete', 'refused', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('photo_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uploads'))
    )
    with op.batch_alter_table('uploads', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_uploads_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_uploads_owner_id_state'), ['owner_id', 'state'], unique=False)

    op.create_table('check_ins',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('round_id', sa.Uuid(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lon', sa.Double(), nullable=False),
    sa.Column('lat', sa.Double(), nullable=False),
    sa.Column('area_code', sa.String(), nullable=True),
    sa.Column('note', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_check_ins_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_ins'))
    )
    with op.batch_alter_table('check_ins', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_check_ins_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_check_ins_user_id_at'), ['user_id', 'at'], unique=False)

    op.create_table('field_keys',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('username', sa.String(), nullable=False),
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('ha1', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_field_keys_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field_keys')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_field_keys_token_hash')),
    sa.UniqueConstraint('username', name=op.f('uq_field_keys_username'))
    )
    with op.batch_alter_table('field_keys', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_field_keys_user_id'), ['user_id'], unique=False)

    op.create_table('field_operations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('operation_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=True),
    sa.Column('device_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.Enum('done', 'already_done', 'waiting', 'conflict', 'refused', name='outcome', native_enum=False, length=32), nullable=False),
    sa.Column('answer', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_field_operations_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field_operations')),
    sa.UniqueConstraint('user_id', 'operation_id', name=op.f('uq_field_operations_user_id_operation_id'))
    )
    op.create_table('field_rounds',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=True),
    sa.Column('area_code', sa.String(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.Enum('worker', 'timetable', name='endedby', native_enum=False, length=32), nullable=True),
    sa.Column('kept', sa.Integer(), nullable=False),
    sa.Column('dropped', sa.Integer(), nullable=False),
    sa.Column('metres', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_field_rounds_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field_rounds'))
    )
    with op.batch_alter_table('field_rounds', schema=None) as batch_op:
        batch_op.create_index('ix_field_rounds_running', ['started_at', 'id'], unique=False, postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_field_rounds_started_at_id'), ['started_at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_field_rounds_user_id_started_at_id'), ['user_id', 'started_at', 'id'], unique=False)

    op.create_table('field_tasks',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('verify', 'inspect', 'visit', 'survey', 'component_survey', 'conflict', name='kind', native_enum=False, length=32), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=True),
    sa.Column('area_code', sa.String(), nullable=False),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('assignee_id', sa.Uuid(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Enum('open', 'expired', 'done', 'cannot', 'cancelled', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('form_id', sa.String(), nullable=True),
    sa.Column('survey_id', sa.Uuid(), nullable=True),
    sa.Column('conflict_id', sa.Uuid(), nullable=True),
    sa.Column('made_by_id', sa.Uuid(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_with', sa.Uuid(), nullable=True),
    sa.Column('result', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('note', sa.LargeBinary(), nullable=True),
    sa.Column('words', sa.LargeBinary(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['assignee_id'], ['users.id'], name=op.f('fk_field_tasks_assignee_id')),
    sa.ForeignKeyConstraint(['survey_id'], ['field_surveys.id'], name=op.f('fk_field_tasks_survey_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field_tasks'))
    )
    with op.batch_alter_table('field_tasks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_field_tasks_due_at_id'), ['due_at', 'id'], unique=False)
        batch_op.create_index('ix_field_tasks_running', ['due_at', 'id'], unique=False, postgresql_where=sa.text("state = 'open'"), sqlite_where=sa.text("state = 'open'"))
        batch_op.create_index(batch_op.f('ix_field_tasks_survey_id_area_code_state'), ['survey_id', 'area_code', 'state'], unique=False)
        batch_op.create_index('ix_field_tasks_todo', ['assignee_id', 'due_at', 'id'], unique=False, postgresql_where=sa.text('is_open'), sqlite_where=sa.text('is_open = 1'))
        batch_op.create_index('ix_field_tasks_todo_area', ['area_code', 'due_at', 'id'], unique=False, postgresql_where=sa.text('is_open'), sqlite_where=sa.text('is_open = 1'))
        batch_op.create_index('ix_field_tasks_todo_ids', ['assignee_id', 'id'], unique=False, postgresql_where=sa.text('is_open'), sqlite_where=sa.text('is_open = 1'))

    op.create_table('upload_pieces',
    sa.Column('upload_id', sa.Uuid(), nullable=False),
    sa.Column('start', sa.Integer(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name=op.f('fk_upload_pieces_upload_id')),
    sa.PrimaryKeyConstraint('upload_id', 'start', name=op.f('pk_upload_pieces'))
    )
    op.create_table('field_tracks',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kept', sa.Integer(), nullable=False),
    sa.Column('dropped', sa.Integer(), nullable=False),
    sa.Column('metres', sa.Double(), nullable=False),
    sa.Column('points', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['field_rounds.id'], name=op.f('fk_field_tracks_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field_tracks'))
    )
    with op.batch_alter_table('field_tracks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_field_tracks_round_id_since'), ['round_id', 'since'], unique=False)
        batch_op.create_index(batch_op.f('ix_field_tracks_until'), ['until'], unique=False)

    op.create_table('awaited_files',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=True),
    sa.Column('purpose', sa.Enum('report', 'before', 'after', 'inspection', name='purpose', native_enum=False, length=32), nullable=False),
    sa.Column('state', sa.Enum('missing', 'arrived', 'refused', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('reason', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_awaited_files_report_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_awaited_files')),
    sa.UniqueConstraint('report_id', 'sha256', name=op.f('uq_awaited_files_report_id_sha256'))
    )
    with op.batch_alter_table('awaited_files', schema=None) as batch_op:
        batch_op.create_index('ix_awaited_files_missing', ['owner_id', 'sha256'], unique=False, postgresql_where=sa.text("state = 'missing'"), sqlite_where=sa.text("state = 'missing'"))

    op.create_table('form_submissions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('instance_id', sa.String(), nullable=False),
    sa.Column('deprecated_id', sa.String(), nullable=True),
    sa.Column('form_id', sa.String(), nullable=False),
    sa.Column('version', sa.String(), nullable=False),
    sa.Column('xml', sa.LargeBinary(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('device', sa.String(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('filled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.Enum('done', 'conflict', 'waiting', 'refused', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('faults', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('flags', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('missing', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('operation_id', sa.Uuid(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('statement_id', sa.Uuid(), nullable=True),
    sa.Column('report_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_form_submissions_report_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_form_submissions_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_form_submissions')),
    sa.UniqueConstraint('instance_id', name=op.f('uq_form_submissions_instance_id'))
    )
    with op.batch_alter_table('form_submissions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_form_submissions_deprecated_id'), ['deprecated_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_form_submissions_state_received_at_id'), ['state', 'received_at', 'id'], unique=False)

    op.create_table('form_submission_files',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('submission_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('media_type', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['submission_id'], ['form_submissions.id'], name=op.f('fk_form_submission_files_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_form_submission_files')),
    sa.UniqueConstraint('submission_id', 'name', 'sha256', name=op.f('uq_form_submission_files_submission_id_name_sha256'))
    )
    with op.batch_alter_table('devices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('wipe_ordered_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('wiped_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('skew_seconds', sa.Double(), nullable=True))

    with op.batch_alter_table('photos', schema=None) as batch_op:
        batch_op.add_column(sa.Column('task_id', sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f('ix_photos_task_id'), ['task_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_photos_uploaded_by_sha256'), ['uploaded_by', 'sha256'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_photos_task_id'), 'field_tasks', ['task_id'], ['id'])

    with op.batch_alter_table('reports', schema=None) as batch_op:
        batch_op.add_column(sa.Column('device_at', sa.DateTime(timezone=True), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('reports', schema=None) as batch_op:
        batch_op.drop_column('device_at')

    with op.batch_alter_table('photos', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_photos_task_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_photos_uploaded_by_sha256'))
        batch_op.drop_index(batch_op.f('ix_photos_task_id'))
        batch_op.drop_column('task_id')

    with op.batch_alter_table('devices', schema=None) as batch_op:
        batch_op.drop_column('skew_seconds')
        batch_op.drop_column('wiped_at')
        batch_op.drop_column('wipe_ordered_at')

    op.drop_table('form_submission_files')
    with op.batch_alter_table('form_submissions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_form_submissions_state_received_at_id'))
        batch_op.drop_index(batch_op.f('ix_form_submissions_deprecated_id'))

    op.drop_table('form_submissions')
    with op.batch_alter_table('awaited_files', schema=None) as batch_op:
        batch_op.drop_index('ix_awaited_files_missing', postgresql_where=sa.text("state = 'missing'"), sqlite_where=sa.text("state = 'missing'"))

    op.drop_table('awaited_files')
    with op.batch_alter_table('field_tracks', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_field_tracks_until'))
        batch_op.drop_index(batch_op.f('ix_field_tracks_round_id_since'))

    op.drop_table('field_tracks')
    op.drop_table('upload_pieces')
    with op.batch_alter_table('field_tasks', schema=None) as batch_op:
        batch_op.drop_index('ix_field_tasks_todo_ids', postgresql_where=sa.text('is_open'), sqlite_where=sa.text('is_open = 1'))
        batch_op.drop_index('ix_field_tasks_todo_area', postgresql_where=sa.text('is_open'), sqlite_where=sa.text('is_open = 1'))
        batch_op.drop_index('ix_field_tasks_todo', postgresql_where=sa.text('is_open'), sqlite_where=sa.text('is_open = 1'))
        batch_op.drop_index(batch_op.f('ix_field_tasks_survey_id_area_code_state'))
        batch_op.drop_index('ix_field_tasks_running', postgresql_where=sa.text("state = 'open'"), sqlite_where=sa.text("state = 'open'"))
        batch_op.drop_index(batch_op.f('ix_field_tasks_due_at_id'))

    op.drop_table('field_tasks')
    with op.batch_alter_table('field_rounds', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_field_rounds_user_id_started_at_id'))
        batch_op.drop_index(batch_op.f('ix_field_rounds_started_at_id'))
        batch_op.drop_index('ix_field_rounds_running', postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))

    op.drop_table('field_rounds')
    op.drop_table('field_operations')
    with op.batch_alter_table('field_keys', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_field_keys_user_id'))

    op.drop_table('field_keys')
    with op.batch_alter_table('check_ins', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_check_ins_user_id_at'))
        batch_op.drop_index(batch_op.f('ix_check_ins_at'))

    op.drop_table('check_ins')
    with op.batch_alter_table('uploads', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_uploads_owner_id_state'))
        batch_op.drop_index(batch_op.f('ix_uploads_expires_at'))

    op.drop_table('uploads')
    with op.batch_alter_table('register_visits', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_register_visits_subject_id_at'))

    op.drop_table('register_visits')
    with op.batch_alter_table('register_statements', schema=None) as batch_op:
        batch_op.drop_index('ix_register_statements_waiting', postgresql_where=sa.text('version IS NULL'), sqlite_where=sa.text('version IS NULL'))
        batch_op.drop_index(batch_op.f('ix_register_statements_subject_id_version'))
        batch_op.drop_index('ix_register_statements_merged', postgresql_where=sa.text('merged IS NOT NULL'), sqlite_where=sa.text('merged IS NOT NULL'))

    op.drop_table('register_statements')
    with op.batch_alter_table('register_relations', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_register_relations_to_id'))
        batch_op.drop_index(batch_op.f('ix_register_relations_from_id'))

    op.drop_table('register_relations')
    with op.batch_alter_table('register_keys', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_register_keys_digest'))

    op.drop_table('register_keys')
    with op.batch_alter_table('register_holders', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_register_holders_entry_id'))

    op.drop_table('register_holders')
    with op.batch_alter_table('register_entries', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_register_entries_lat_lon'))
        batch_op.drop_index(batch_op.f('ix_register_entries_area_code_id'))

    op.drop_table('register_entries')
    with op.batch_alter_table('register_conflicts', schema=None) as batch_op:
        batch_op.drop_index('ix_register_conflicts_open_other', postgresql_where=sa.text('closed_at IS NULL'), sqlite_where=sa.text('closed_at IS NULL'))
        batch_op.drop_index('ix_register_conflicts_open', postgresql_where=sa.text('closed_at IS NULL'), sqlite_where=sa.text('closed_at IS NULL'))

    op.drop_table('register_conflicts')
    with op.batch_alter_table('presence_checks', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_presence_checks_user_id_at'))
        batch_op.drop_index('ix_presence_checks_flagged', postgresql_where=sa.text('flagged'), sqlite_where=sa.text('flagged = 1'))
        batch_op.drop_index(batch_op.f('ix_presence_checks_at'))

    op.drop_table('presence_checks')
    op.drop_table('grid_visits')
    with op.batch_alter_table('grid_presence', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_grid_presence_day_area_code'))

    op.drop_table('grid_presence')
    with op.batch_alter_table('field_surveys', schema=None) as batch_op:
        batch_op.drop_index('ix_field_surveys_unspread', postgresql_where=sa.text('spread_at IS NULL'), sqlite_where=sa.text('spread_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_field_surveys_due_at_id'))

    op.drop_table('field_surveys')
    with op.batch_alter_table('field_followed_events', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_field_followed_events_at'))

    op.drop_table('field_followed_events')
    with op.batch_alter_table('field_changes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_field_changes_subject'))
        batch_op.drop_index(batch_op.f('ix_field_changes_gone_at'))
        batch_op.drop_index(batch_op.f('ix_field_changes_audience_seq'))

    op.drop_table('field_changes')
    with op.batch_alter_table('collection_forms', schema=None) as batch_op:
        batch_op.drop_index('uq_collection_forms_one_active', postgresql_where=sa.text('active'), sqlite_where=sa.text('active = 1'))

    op.drop_table('collection_forms')
