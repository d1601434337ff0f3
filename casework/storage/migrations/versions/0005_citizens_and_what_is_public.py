"""citizens and what is public."""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('abuse_entries',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('phone', 'proved', 'device', 'address', 'openid', 'app', name='kind', native_enum=False, length=32), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('shown', sa.LargeBinary(), nullable=True),
    sa.Column('effect', sa.Enum('refuse', 'hold', name='effect', native_enum=False, length=32), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('objection', sa.LargeBinary(), nullable=True),
    sa.Column('objected_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_abuse_entries'))
    )
    with op.batch_alter_table('abuse_entries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_abuse_entries_objected_at'), ['objected_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_abuse_entries_value'), ['value'], unique=False)

    op.create_table('adoption_kinds',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('zh', sa.String(), nullable=False),
    sa.Column('en', sa.String(), nullable=False),
    sa.Column('expects_zh', sa.String(), nullable=False),
    sa.Column('expects_en', sa.String(), nullable=False),
    sa.Column('check_in_days', sa.Integer(), nullable=False),
    sa.Column('lapse_days', sa.Integer(), nullable=False),
    sa.Column('warn_days', sa.Integer(), nullable=False),
    sa.Column('weather', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('dates', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('adopters', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by_id', sa.Uuid(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_adoption_kinds')),
    sa.UniqueConstraint('code', name=op.f('uq_adoption_kinds_code'))
    )
    op.create_table('adoption_occasions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('areas', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('by_kind', sa.String(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('after', sa.Uuid(), nullable=True),
    sa.Column('spread_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_adoption_occasions')),
    sa.UniqueConstraint('key', name=op.f('uq_adoption_occasions_key'))
    )
    with op.batch_alter_table('adoption_occasions', schema=None) as batch_op:
        batch_op.create_index('ix_adoption_occasions_waiting', ['id'], unique=False, postgresql_where=sa.text('spread_at IS NULL'), sqlite_where=sa.text('spread_at IS NULL'))

    op.create_table('adoption_reminders',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('occasion', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_adoption_reminders')),
    sa.UniqueConstraint('person_id', 'occasion', name=op.f('uq_adoption_reminders_person_id_occasion'))
    )
    op.create_table('community_persons',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('phone_index', sa.String(), nullable=True),
    sa.Column('follower_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_community_persons')),
    sa.UniqueConstraint('follower_id', name=op.f('uq_community_persons_follower_id')),
    sa.UniqueConstraint('phone_index', name=op.f('uq_community_persons_phone_index'))
    )
    with op.batch_alter_table('community_persons', schema=None) as batch_op:
        batch_op.create_index('ix_community_persons_untied', ['id'], unique=False, postgresql_where=sa.text('phone_index IS NULL AND follower_id IS NULL AND erased_at IS NULL'), sqlite_where=sa.text('phone_index IS NULL AND follower_id IS NULL AND erased_at IS NULL'))

    op.create_table('data_requests',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('wish', sa.Enum('export', 'erase', name='wish', native_enum=False, length=32), nullable=False),
    sa.Column('state', sa.Enum('agreeing', 'waiting', 'done', 'withdrawn', 'refused', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('phone', sa.LargeBinary(), nullable=True),
    sa.Column('phone_index', sa.String(), nullable=True),
    sa.Column('report_ids', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('known', sa.LargeBinary(), nullable=True),
    sa.Column('follower_id', sa.Uuid(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asked_by_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ruling', sa.String(), nullable=True),
    sa.Column('file_key', sa.String(), nullable=True),
    sa.Column('reports', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_data_requests'))
    )
    with op.batch_alter_table('data_requests', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_data_requests_due_at_id'), ['due_at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_data_requests_ended_at'), ['ended_at'], unique=False)
        batch_op.create_index('ix_data_requests_files', ['ended_at'], unique=False, postgresql_where=sa.text('file_key IS NOT NULL'), sqlite_where=sa.text('file_key IS NOT NULL'))
        batch_op.create_index('ix_data_requests_open', ['due_at', 'id'], unique=False, postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_data_requests_phone_index'), ['phone_index'], unique=False)

    op.create_table('forgotten_files',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('original_key', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forgotten_files')),
    sa.UniqueConstraint('key', name=op.f('uq_forgotten_files_key'))
    )
    op.create_table('point_rewards',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('zh', sa.String(), nullable=False),
    sa.Column('en', sa.String(), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('stock', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('points > 0', name=op.f('ck_point_rewards_points')),
    sa.CheckConstraint('stock >= 0', name=op.f('ck_point_rewards_stock')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_point_rewards'))
    )
    op.create_table('point_rules',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('zh', sa.String(), nullable=False),
    sa.Column('en', sa.String(), nullable=False),
    sa.Column('day_limit', sa.Integer(), nullable=True),
    sa.Column('month_limit', sa.Integer(), nullable=True),
    sa.Column('branches', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by_id', sa.Uuid(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_point_rules')),
    sa.UniqueConstraint('code', name=op.f('uq_point_rules_code'))
    )
    op.create_table('retention_runs',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('rule', sa.String(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=True),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_retention_runs'))
    )
    with op.batch_alter_table('retention_runs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_retention_runs_at_id'), ['at', 'id'], unique=False)

    op.create_table('used_words',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('word', sa.String(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_used_words')),
    sa.UniqueConstraint('word', name=op.f('uq_used_words_word'))
    )
    with op.batch_alter_table('used_words', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_used_words_expires_at'), ['expires_at'], unique=False)

    op.create_table('abuse_changes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_kind', sa.String(), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('actor_name', sa.String(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('words', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['abuse_entries.id'], name=op.f('fk_abuse_changes_entry_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_abuse_changes'))
    )
    with op.batch_alter_table('abuse_changes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_abuse_changes_entry_id'), ['entry_id'], unique=False)

    op.create_table('adopting_shops',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.Uuid(), nullable=False),
    sa.Column('name', sa.LargeBinary(), nullable=True),
    sa.Column('contact', sa.LargeBinary(), nullable=True),
    sa.Column('entity_id', sa.Uuid(), nullable=True),
    sa.Column('wants_name', sa.Boolean(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'confirmed', 'refused', name='shopstate', native_enum=False, length=32), nullable=False),
    sa.Column('shown', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['entity_id'], ['register_entries.id'], name=op.f('fk_adopting_shops_entity_id')),
    sa.ForeignKeyConstraint(['person_id'], ['community_persons.id'], name=op.f('fk_adopting_shops_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_adopting_shops')),
    sa.UniqueConstraint('person_id', 'key', name=op.f('uq_adopting_shops_person_id_key'))
    )
    with op.batch_alter_table('adopting_shops', schema=None) as batch_op:
        batch_op.create_index('ix_adopting_shops_waiting', ['id'], unique=False, postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))

    op.create_table('point_accounts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('balance', sa.Integer(), nullable=False),
    sa.Column('length', sa.Integer(), nullable=False),
    sa.Column('head', sa.String(), nullable=False),
    sa.CheckConstraint('balance >= 0', name=op.f('ck_point_accounts_not_negative')),
    sa.ForeignKeyConstraint(['person_id'], ['community_persons.id'], name=op.f('fk_point_accounts_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_point_accounts')),
    sa.UniqueConstraint('person_id', name=op.f('uq_point_accounts_person_id'))
    )
    op.create_table('adoptions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('component_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('lon', sa.Double(), nullable=False),
    sa.Column('lat', sa.Double(), nullable=False),
    sa.Column('area_code', sa.String(), nullable=True),
    sa.Column('slot', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('shop_id', sa.Uuid(), nullable=True),
    sa.Column('adopted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('warned_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('look_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended', sa.Enum('given_back', 'lapsed', 'gone', 'erased', name='ended', native_enum=False, length=32), nullable=True),
    sa.ForeignKeyConstraint(['component_id'], ['register_entries.id'], name=op.f('fk_adoptions_component_id')),
    sa.ForeignKeyConstraint(['person_id'], ['community_persons.id'], name=op.f('fk_adoptions_person_id')),
    sa.ForeignKeyConstraint(['shop_id'], ['adopting_shops.id'], name=op.f('fk_adoptions_shop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_adoptions'))
    )
    with op.batch_alter_table('adoptions', schema=None) as batch_op:
        batch_op.create_index('ix_adoptions_due', ['look_at', 'id'], unique=False, postgresql_where=sa.text('look_at IS NOT NULL'), sqlite_where=sa.text('look_at IS NOT NULL'))
        batch_op.create_index('ix_adoptions_kind', ['kind', 'person_id'], unique=False, postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))
        batch_op.create_index('ix_adoptions_near', ['kind', 'lat'], unique=False, postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_adoptions_person_id_id'), ['person_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_adoptions_shop_id'), ['shop_id'], unique=False)
        batch_op.create_index('uq_adoptions_person', ['person_id', 'component_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))
        batch_op.create_index('uq_adoptions_slot', ['component_id', 'slot'], unique=True, postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))

    op.create_table('point_lines',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('rule', sa.String(), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('balance', sa.Integer(), nullable=False),
    sa.Column('limited', sa.Boolean(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('report_id', sa.Uuid(), nullable=True),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('by_kind', sa.String(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('note', sa.String(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('previous', sa.String(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['point_accounts.id'], name=op.f('fk_point_lines_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_point_lines')),
    sa.UniqueConstraint('account_id', 'number', name=op.f('uq_point_lines_account_id_number')),
    sa.UniqueConstraint('key', name=op.f('uq_point_lines_key'))
    )
    with op.batch_alter_table('point_lines', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_point_lines_account_id_rule_day'), ['account_id', 'rule', 'day'], unique=False)
        batch_op.create_index(batch_op.f('ix_point_lines_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_point_lines_report_id'), ['report_id'], unique=False)

    op.create_table('point_redemptions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.Uuid(), nullable=False),
    sa.Column('reward_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'handed_out', 'void', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['point_accounts.id'], name=op.f('fk_point_redemptions_account_id')),
    sa.ForeignKeyConstraint(['reward_id'], ['point_rewards.id'], name=op.f('fk_point_redemptions_reward_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_point_redemptions')),
    sa.UniqueConstraint('account_id', 'key', name=op.f('uq_point_redemptions_account_id_key')),
    sa.UniqueConstraint('code', name=op.f('uq_point_redemptions_code'))
    )
    with op.batch_alter_table('point_redemptions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_point_redemptions_reward_id'), ['reward_id'], unique=False)

    op.create_table('publications',
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'published', 'withheld', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('words', sa.String(), nullable=True),
    sa.Column('category_code', sa.String(), nullable=True),
    sa.Column('community_code', sa.String(), nullable=True),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('tile', sa.Integer(), nullable=True),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.Column('reopens', sa.Integer(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('followed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('stirred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_publications_case_id')),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_publications'))
    )
    with op.batch_alter_table('publications', schema=None) as batch_op:
        batch_op.create_index('ix_publications_left', ['changed_at'], unique=False, postgresql_where=sa.text("published_at IS NOT NULL AND state != 'published'"), sqlite_where=sa.text("published_at IS NOT NULL AND state != 'published'"))
        batch_op.create_index('ix_publications_public', ['is_open', 'published_at', 'case_id'], unique=False, postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.create_index('ix_publications_public_category', ['is_open', 'category_code', 'published_at', 'case_id'], unique=False, postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.create_index('ix_publications_public_community', ['is_open', 'community_code', 'published_at', 'case_id'], unique=False, postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.create_index('ix_publications_public_tile', ['is_open', 'tile', 'published_at', 'case_id'], unique=False, postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.create_index('ix_publications_published', ['changed_at', 'case_id'], unique=False, postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.create_index('ix_publications_stirred', ['stirred_at', 'case_id'], unique=False, postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.create_index('ix_publications_stirred_category', ['category_code', 'stirred_at', 'case_id'], unique=False, postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.create_index('ix_publications_stirred_community', ['community_code', 'stirred_at', 'case_id'], unique=False, postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.create_index('ix_publications_stirred_tile', ['tile', 'stirred_at', 'case_id'], unique=False, postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.create_index('ix_publications_unlooked', ['changed_at', 'case_id'], unique=False, postgresql_where=sa.text("state = 'published' AND decided_by_id IS NULL"), sqlite_where=sa.text("state = 'published' AND decided_by_id IS NULL"))
        batch_op.create_index('ix_publications_waiting', ['changed_at', 'case_id'], unique=False, postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))
        batch_op.create_index('ix_publications_withheld', ['changed_at', 'case_id'], unique=False, postgresql_where=sa.text("state = 'withheld'"), sqlite_where=sa.text("state = 'withheld'"))

    op.create_table('abusive_reports',
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_abusive_reports_report_id')),
    sa.PrimaryKeyConstraint('report_id', name=op.f('pk_abusive_reports'))
    )
    op.create_table('adoption_check_ins',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('adoption_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('metres', sa.Integer(), nullable=True),
    sa.Column('note', sa.LargeBinary(), nullable=True),
    sa.Column('flags', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('flagged', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['adoption_id'], ['adoptions.id'], name=op.f('fk_adoption_check_ins_adoption_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_adoption_check_ins')),
    sa.UniqueConstraint('adoption_id', 'key', name=op.f('uq_adoption_check_ins_adoption_id_key'))
    )
    with op.batch_alter_table('adoption_check_ins', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_adoption_check_ins_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_adoption_check_ins_flagged_id'), ['flagged', 'id'], unique=False)

    op.create_table('report_components',
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('component_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['component_id'], ['register_entries.id'], name=op.f('fk_report_components_component_id')),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_report_components_report_id')),
    sa.PrimaryKeyConstraint('report_id', name=op.f('pk_report_components'))
    )
    with op.batch_alter_table('report_components', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_report_components_component_id'), ['component_id'], unique=False)

    op.create_table('sender_traces',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_sender_traces_report_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sender_traces'))
    )
    with op.batch_alter_table('sender_traces', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sender_traces_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_sender_traces_report_id'), ['report_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sender_traces_value_at'), ['value', 'at'], unique=False)

    op.create_table('subscribers',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('citizen_id', sa.Uuid(), nullable=True),
    sa.Column('follower_id', sa.Uuid(), nullable=True),
    sa.Column('report_id', sa.Uuid(), nullable=True),
    sa.Column('list_index', sa.String(), nullable=True),
    sa.Column('language', sa.Enum('zh', 'en', name='language', native_enum=False, length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('digest_event', sa.Integer(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['citizen_id'], ['citizens.id'], name=op.f('fk_subscribers_citizen_id')),
    sa.ForeignKeyConstraint(['follower_id'], ['wechat_followers.id'], name=op.f('fk_subscribers_follower_id')),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_subscribers_report_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscribers')),
    sa.UniqueConstraint('citizen_id', name=op.f('uq_subscribers_citizen_id')),
    sa.UniqueConstraint('follower_id', name=op.f('uq_subscribers_follower_id')),
    sa.UniqueConstraint('list_index', name=op.f('uq_subscribers_list_index')),
    sa.UniqueConstraint('report_id', name=op.f('uq_subscribers_report_id'))
    )
    with op.batch_alter_table('subscribers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_subscribers_seen_at'), ['seen_at'], unique=False)

    op.create_table('follows',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('subscriber_id', sa.Uuid(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('report_id', sa.Uuid(), nullable=True),
    sa.Column('area_code', sa.String(), nullable=True),
    sa.Column('category_code', sa.String(), nullable=True),
    sa.Column('rhythm', sa.Enum('at_once', 'daily', 'weekly', name='rhythm', native_enum=False, length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('told_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_follows_case_id')),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_follows_report_id')),
    sa.ForeignKeyConstraint(['subscriber_id'], ['subscribers.id'], name=op.f('fk_follows_subscriber_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_follows')),
    sa.UniqueConstraint('subscriber_id', 'what', name=op.f('uq_follows_subscriber_id_what'))
    )
    with op.batch_alter_table('follows', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_follows_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_follows_due', ['due_at', 'subscriber_id'], unique=False, postgresql_where=sa.text('due_at IS NOT NULL'), sqlite_where=sa.text('due_at IS NOT NULL'))
        batch_op.create_index(batch_op.f('ix_follows_report_id'), ['report_id'], unique=False)

    op.create_table('public_photos',
    sa.Column('photo_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'ready', 'withheld', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('rectangles', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('found', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('certain', sa.Boolean(), nullable=True),
    sa.Column('key', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('looked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['photo_id'], ['photos.id'], name=op.f('fk_public_photos_photo_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('photo_id', name=op.f('pk_public_photos'))
    )
    with op.batch_alter_table('public_photos', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_public_photos_state_photo_id'), ['state', 'photo_id'], unique=False)
        batch_op.create_index('ix_public_photos_unlooked', ['photo_id'], unique=False, postgresql_where=sa.text("looked_at IS NULL AND state = 'waiting'"), sqlite_where=sa.text("looked_at IS NULL AND state = 'waiting'"))

    with op.batch_alter_table('access_log', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_access_log_at'), ['at'], unique=False)

    with op.batch_alter_table('case_history', schema=None) as batch_op:
        batch_op.add_column(sa.Column('redacted', sa.String(), nullable=True))

    with op.batch_alter_table('citizens', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_citizens_created_at'), ['created_at'], unique=False)

    with op.batch_alter_table('field_tasks', schema=None) as batch_op:
        batch_op.create_index('ix_field_tasks_done', ['done_at'], unique=False, postgresql_where=sa.text('done_at IS NOT NULL'), sqlite_where=sa.text('done_at IS NOT NULL'))

    with op.batch_alter_table('form_submission_files', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_form_submission_files_key'), ['key'], unique=False)

    with op.batch_alter_table('form_submissions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_form_submissions_received_at'), ['received_at'], unique=False)

    with op.batch_alter_table('log_ins', schema=None) as batch_op:
        batch_op.add_column(sa.Column('follower_id', sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f('ix_log_ins_follower_id'), ['follower_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_log_ins_follower_id'), 'wechat_followers', ['follower_id'], ['id'])

    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.add_column(sa.Column('citizen_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('follower_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('subscriber_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('about', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True))
        batch_op.alter_column('case_id',
               existing_type=sa.CHAR(length=32),
               nullable=True)
        batch_op.create_index(batch_op.f('ix_messages_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_messages_subscriber_id'), ['subscriber_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_messages_follower_id'), 'wechat_followers', ['follower_id'], ['id'], ondelete='SET NULL')
        batch_op.create_foreign_key(batch_op.f('fk_messages_subscriber_id'), 'subscribers', ['subscriber_id'], ['id'], ondelete='SET NULL')
        batch_op.create_foreign_key(batch_op.f('fk_messages_citizen_id'), 'citizens', ['citizen_id'], ['id'])

    with op.batch_alter_table('photos', schema=None) as batch_op:
        batch_op.add_column(sa.Column('check_in_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('thinned', sa.Enum('original', 'large', 'all', name='thinned', native_enum=False, length=32), nullable=True))
        batch_op.create_index(batch_op.f('ix_photos_check_in_id'), ['check_in_id'], unique=False)
        batch_op.create_index('ix_photos_thinned', ['thinned', 'created_at', 'id'], unique=False, postgresql_where=sa.text('thinned IS NOT NULL'), sqlite_where=sa.text('thinned IS NOT NULL'))
        batch_op.create_index('ix_photos_whole', ['created_at', 'id'], unique=False, postgresql_where=sa.text('thinned IS NULL'), sqlite_where=sa.text('thinned IS NULL'))
        batch_op.create_foreign_key(batch_op.f('fk_photos_check_in_id'), 'adoption_check_ins', ['check_in_id'], ['id'])

    with op.batch_alter_table('reports', schema=None) as batch_op:
        batch_op.add_column(sa.Column('held_because', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('anonymised_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_reports_confidential', ['case_id'], unique=False, postgresql_where=sa.text('confidential'), sqlite_where=sa.text('confidential = 1'))
        batch_op.create_index('ix_reports_named', ['received_at', 'id'], unique=False, postgresql_where=sa.text('anonymised_at IS NULL'), sqlite_where=sa.text('anonymised_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_reports_reporter_id_received_at'), ['reporter_id', 'received_at'], unique=False)

    with op.batch_alter_table('wechat_followers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_wechat_followers_heard_at'), ['heard_at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('wechat_followers', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_wechat_followers_heard_at'))

    with op.batch_alter_table('reports', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reports_reporter_id_received_at'))
        batch_op.drop_index('ix_reports_named', postgresql_where=sa.text('anonymised_at IS NULL'), sqlite_where=sa.text('anonymised_at IS NULL'))
        batch_op.drop_index('ix_reports_confidential', postgresql_where=sa.text('confidential'), sqlite_where=sa.text('confidential = 1'))
        batch_op.drop_column('anonymised_at')
        batch_op.drop_column('held_because')

    with op.batch_alter_table('photos', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_photos_check_in_id'), type_='foreignkey')
        batch_op.drop_index('ix_photos_whole', postgresql_where=sa.text('thinned IS NULL'), sqlite_where=sa.text('thinned IS NULL'))
        batch_op.drop_index('ix_photos_thinned', postgresql_where=sa.text('thinned IS NOT NULL'), sqlite_where=sa.text('thinned IS NOT NULL'))
        batch_op.drop_index(batch_op.f('ix_photos_check_in_id'))
        batch_op.drop_column('thinned')
        batch_op.drop_column('check_in_id')

    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_messages_citizen_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_messages_subscriber_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_messages_follower_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_messages_subscriber_id'))
        batch_op.drop_index(batch_op.f('ix_messages_created_at'))
        batch_op.alter_column('case_id',
               existing_type=sa.CHAR(length=32),
               nullable=False)
        batch_op.drop_column('about')
        batch_op.drop_column('subscriber_id')
        batch_op.drop_column('follower_id')
        batch_op.drop_column('citizen_id')

    with op.batch_alter_table('log_ins', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_log_ins_follower_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_log_ins_follower_id'))
        batch_op.drop_column('follower_id')

    with op.batch_alter_table('form_submissions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_form_submissions_received_at'))

    with op.batch_alter_table('form_submission_files', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_form_submission_files_key'))

    with op.batch_alter_table('field_tasks', schema=None) as batch_op:
        batch_op.drop_index('ix_field_tasks_done', postgresql_where=sa.text('done_at IS NOT NULL'), sqlite_where=sa.text('done_at IS NOT NULL'))

    with op.batch_alter_table('citizens', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_citizens_created_at'))

    with op.batch_alter_table('case_history', schema=None) as batch_op:
        batch_op.drop_column('redacted')

    with op.batch_alter_table('access_log', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_access_log_at'))

    with op.batch_alter_table('public_photos', schema=None) as batch_op:
        batch_op.drop_index('ix_public_photos_unlooked', postgresql_where=sa.text("looked_at IS NULL AND state = 'waiting'"), sqlite_where=sa.text("looked_at IS NULL AND state = 'waiting'"))
        batch_op.drop_index(batch_op.f('ix_public_photos_state_photo_id'))

    op.drop_table('public_photos')
    with op.batch_alter_table('follows', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_follows_report_id'))
        batch_op.drop_index('ix_follows_due', postgresql_where=sa.text('due_at IS NOT NULL'), sqlite_where=sa.text('due_at IS NOT NULL'))
        batch_op.drop_index(batch_op.f('ix_follows_case_id'))

    op.drop_table('follows')
    with op.batch_alter_table('subscribers', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_subscribers_seen_at'))

    op.drop_table('subscribers')
    with op.batch_alter_table('sender_traces', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sender_traces_value_at'))
        batch_op.drop_index(batch_op.f('ix_sender_traces_report_id'))
        batch_op.drop_index(batch_op.f('ix_sender_traces_at'))

    op.drop_table('sender_traces')
    with op.batch_alter_table('report_components', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_report_components_component_id'))

    op.drop_table('report_components')
    with op.batch_alter_table('adoption_check_ins', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_adoption_check_ins_flagged_id'))
        batch_op.drop_index(batch_op.f('ix_adoption_check_ins_at'))

    op.drop_table('adoption_check_ins')
    op.drop_table('abusive_reports')
    with op.batch_alter_table('publications', schema=None) as batch_op:
        batch_op.drop_index('ix_publications_withheld', postgresql_where=sa.text("state = 'withheld'"), sqlite_where=sa.text("state = 'withheld'"))
        batch_op.drop_index('ix_publications_waiting', postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))
        batch_op.drop_index('ix_publications_unlooked', postgresql_where=sa.text("state = 'published' AND decided_by_id IS NULL"), sqlite_where=sa.text("state = 'published' AND decided_by_id IS NULL"))
        batch_op.drop_index('ix_publications_stirred_tile', postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.drop_index('ix_publications_stirred_community', postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.drop_index('ix_publications_stirred_category', postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.drop_index('ix_publications_stirred', postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.drop_index('ix_publications_published', postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.drop_index('ix_publications_public_tile', postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.drop_index('ix_publications_public_community', postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.drop_index('ix_publications_public_category', postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.drop_index('ix_publications_public', postgresql_where=sa.text("state = 'published'"), sqlite_where=sa.text("state = 'published'"))
        batch_op.drop_index('ix_publications_left', postgresql_where=sa.text("published_at IS NOT NULL AND state != 'published'"), sqlite_where=sa.text("published_at IS NOT NULL AND state != 'published'"))

    op.drop_table('publications')
    with op.batch_alter_table('point_redemptions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_point_redemptions_reward_id'))

    op.drop_table('point_redemptions')
    with op.batch_alter_table('point_lines', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_point_lines_report_id'))
        batch_op.drop_index(batch_op.f('ix_point_lines_case_id'))
        batch_op.drop_index(batch_op.f('ix_point_lines_account_id_rule_day'))

    op.drop_table('point_lines')
    with op.batch_alter_table('adoptions', schema=None) as batch_op:
        batch_op.drop_index('uq_adoptions_slot', postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index('uq_adoptions_person', postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_adoptions_shop_id'))
        batch_op.drop_index(batch_op.f('ix_adoptions_person_id_id'))
        batch_op.drop_index('ix_adoptions_near', postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index('ix_adoptions_kind', postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index('ix_adoptions_due', postgresql_where=sa.text('look_at IS NOT NULL'), sqlite_where=sa.text('look_at IS NOT NULL'))

    op.drop_table('adoptions')
    op.drop_table('point_accounts')
    with op.batch_alter_table('adopting_shops', schema=None) as batch_op:
        batch_op.drop_index('ix_adopting_shops_waiting', postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))

    op.drop_table('adopting_shops')
    with op.batch_alter_table('abuse_changes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_abuse_changes_entry_id'))

    op.drop_table('abuse_changes')
    with op.batch_alter_table('used_words', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_used_words_expires_at'))

    op.drop_table('used_words')
    with op.batch_alter_table('retention_runs', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_retention_runs_at_id'))

    op.drop_table('retention_runs')
    op.drop_table('point_rules')
    op.drop_table('point_rewards')
    op.drop_table('forgotten_files')
    with op.batch_alter_table('data_requests', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_data_requests_phone_index'))
        batch_op.drop_index('ix_data_requests_open', postgresql_where=sa.text('ended_at IS NULL'), sqlite_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index('ix_data_requests_files', postgresql_where=sa.text('file_key IS NOT NULL'), sqlite_where=sa.text('file_key IS NOT NULL'))
        batch_op.drop_index(batch_op.f('ix_data_requests_ended_at'))
        batch_op.drop_index(batch_op.f('ix_data_requests_due_at_id'))

    op.drop_table('data_requests')
    with op.batch_alter_table('community_persons', schema=None) as batch_op:
        batch_op.drop_index('ix_community_persons_untied', postgresql_where=sa.text('phone_index IS NULL AND follower_id IS NULL AND erased_at IS NULL'), sqlite_where=sa.text('phone_index IS NULL AND follower_id IS NULL AND erased_at IS NULL'))

    op.drop_table('community_persons')
    op.drop_table('adoption_reminders')
    with op.batch_alter_table('adoption_occasions', schema=None) as batch_op:
        batch_op.drop_index('ix_adoption_occasions_waiting', postgresql_where=sa.text('spread_at IS NULL'), sqlite_where=sa.text('spread_at IS NULL'))

    op.drop_table('adoption_occasions')
    op.drop_table('adoption_kinds')
    with op.batch_alter_table('abuse_entries', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_abuse_entries_value'))
        batch_op.drop_index(batch_op.f('ix_abuse_entries_objected_at'))

    op.drop_table('abuse_entries')
