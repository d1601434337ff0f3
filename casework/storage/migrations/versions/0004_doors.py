"""doors."""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('api_keys',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('contact', sa.LargeBinary(), nullable=False),
    sa.Column('key_hash', sa.String(), nullable=False),
    sa.Column('per_minute', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_keys')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_api_keys_key_hash'))
    )
    op.create_table('wechat_followers',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('openid', sa.LargeBinary(), nullable=False),
    sa.Column('openid_index', sa.String(), nullable=False),
    sa.Column('follows', sa.Boolean(), nullable=False),
    sa.Column('heard_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('refused_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wechat_followers')),
    sa.UniqueConstraint('account', 'openid_index', name=op.f('uq_wechat_followers_account_openid_index'))
    )
    op.create_table('wechat_messages',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('signed', sa.String(), nullable=False),
    sa.Column('answer', sa.String(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wechat_messages')),
    sa.UniqueConstraint('account', 'key', name=op.f('uq_wechat_messages_account_key')),
    sa.UniqueConstraint('account', 'signed', name=op.f('uq_wechat_messages_account_signed'))
    )
    with op.batch_alter_table('wechat_messages', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_wechat_messages_received_at'), ['received_at'], unique=False)

    op.create_table('wechat_tokens',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('kind', sa.Enum('access', 'ticket', name='kind', native_enum=False, length=32), nullable=False),
    sa.Column('value', sa.LargeBinary(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('fetching_until', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wechat_tokens')),
    sa.UniqueConstraint('account', 'kind', name=op.f('uq_wechat_tokens_account_kind'))
    )
    op.create_table('exchange_subscriptions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('client_id', sa.Uuid(), nullable=False),
    sa.Column('url', sa.String(), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('events', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('rests_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_exchange_subscriptions_client_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exchange_subscriptions')),
    sa.UniqueConstraint('client_id', name=op.f('uq_exchange_subscriptions_client_id'))
    )
    op.create_table('hotline_mappings',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('columns', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('words', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('system', sa.Enum('wgs84', 'gcj02', 'bd09', name='system', native_enum=False, length=32), nullable=False),
    sa.Column('platform_id', sa.Uuid(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['platform_id'], ['clients.id'], name=op.f('fk_hotline_mappings_platform_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hotline_mappings')),
    sa.UniqueConstraint('name', name=op.f('uq_hotline_mappings_name'))
    )
    op.create_table('exchange_followed',
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_exchange_followed_case_id')),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_exchange_followed'))
    )
    op.create_table('exchange_entries',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('client_id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('event', sa.String(), nullable=False),
    sa.Column('body', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('owed', sa.Boolean(), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('fault', sa.String(), nullable=True),
    sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_exchange_entries_case_id')),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_exchange_entries_client_id')),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_exchange_entries_report_id')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_exchange_entries')),
    sa.UniqueConstraint('id', name=op.f('uq_exchange_entries_id')),
    sa.UniqueConstraint('report_id', 'case_id', 'line', name=op.f('uq_exchange_entries_report_id_case_id_line'))
    )
    with op.batch_alter_table('exchange_entries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_exchange_entries_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_exchange_entries_client_id_seq'), ['client_id', 'seq'], unique=False)
        batch_op.create_index('ix_exchange_entries_dead', ['client_id', 'seq'], unique=False, postgresql_where=sa.text('failed_at IS NOT NULL'), sqlite_where=sa.text('failed_at IS NOT NULL'))
        batch_op.create_index('ix_exchange_entries_owed_case', ['client_id', 'case_id', 'seq'], unique=False, postgresql_where=sa.text('owed'), sqlite_where=sa.text('owed = 1'))
        batch_op.create_index('ix_exchange_entries_owed_report', ['client_id', 'report_id', 'seq'], unique=False, postgresql_where=sa.text('owed'), sqlite_where=sa.text('owed = 1'))
        batch_op.create_index('ix_exchange_entries_waiting', ['client_id', 'next_try_at'], unique=False, postgresql_where=sa.text('next_try_at IS NOT NULL'), sqlite_where=sa.text('next_try_at IS NOT NULL'))

    op.create_table('hotline_ticket_updates',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('changed', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('caller', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_hotline_ticket_updates_report_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hotline_ticket_updates')),
    sa.UniqueConstraint('report_id', 'digest', name=op.f('uq_hotline_ticket_updates_report_id_digest'))
    )
    with op.batch_alter_table('hotline_ticket_updates', schema=None) as batch_op:
        batch_op.create_index('ix_hotline_ticket_updates_untold', ['at', 'id'], unique=False, postgresql_where=sa.text('told_at IS NULL'), sqlite_where=sa.text('told_at IS NULL'))

    op.create_table('open311_updates',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_open311_updates_report_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_open311_updates')),
    sa.UniqueConstraint('source', 'key', name=op.f('uq_open311_updates_source_key'))
    )
    op.create_table('report_particulars',
    sa.Column('report_id', sa.Uuid(), nullable=False),
    sa.Column('account', sa.LargeBinary(), nullable=True),
    sa.Column('device', sa.LargeBinary(), nullable=True),
    sa.Column('mail', sa.LargeBinary(), nullable=True),
    sa.Column('address_code', sa.String(), nullable=True),
    sa.Column('links', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('answers', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_report_particulars_report_id')),
    sa.PrimaryKeyConstraint('report_id', name=op.f('pk_report_particulars'))
    )
    op.create_table('wechat_pictures',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('follower_id', sa.Uuid(), nullable=False),
    sa.Column('draft_id', sa.Uuid(), nullable=False),
    sa.Column('media_id', sa.String(), nullable=False),
    sa.Column('report_id', sa.Uuid(), nullable=True),
    sa.Column('photo_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Enum('waiting', 'fetched', 'lost', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('fault', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['follower_id'], ['wechat_followers.id'], name=op.f('fk_wechat_pictures_follower_id')),
    sa.ForeignKeyConstraint(['report_id'], ['reports.id'], name=op.f('fk_wechat_pictures_report_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wechat_pictures'))
    )
    with op.batch_alter_table('wechat_pictures', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_wechat_pictures_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_wechat_pictures_draft_id'), ['draft_id'], unique=False)
        batch_op.create_index('ix_wechat_pictures_waiting', ['next_try_at'], unique=False, postgresql_where=sa.text('next_try_at IS NOT NULL'), sqlite_where=sa.text('next_try_at IS NOT NULL'))

    op.create_table('wechat_talks',
    sa.Column('follower_id', sa.Uuid(), nullable=False),
    sa.Column('draft_id', sa.Uuid(), nullable=True),
    sa.Column('words', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('lon', sa.Double(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=True),
    sa.Column('address', sa.String(), nullable=True),
    sa.Column('offer', sa.String(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_draft_id', sa.Uuid(), nullable=True),
    sa.Column('last_report_id', sa.Uuid(), nullable=True),
    sa.Column('last_number', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['follower_id'], ['wechat_followers.id'], name=op.f('fk_wechat_talks_follower_id')),
    sa.ForeignKeyConstraint(['last_report_id'], ['reports.id'], name=op.f('fk_wechat_talks_last_report_id')),
    sa.PrimaryKeyConstraint('follower_id', name=op.f('pk_wechat_talks'))
    )
    with op.batch_alter_table('wechat_talks', schema=None) as batch_op:
        batch_op.create_index('ix_wechat_talks_open', ['changed_at'], unique=False, postgresql_where=sa.text('draft_id IS NOT NULL'), sqlite_where=sa.text('draft_id IS NOT NULL'))

    with op.batch_alter_table('access_log', schema=None) as batch_op:
        batch_op.add_column(sa.Column('refused', sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_cases_moved_at'), ['moved_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_cases_opened_at_id'), ['opened_at', 'id'], unique=False)

    with op.batch_alter_table('reports', schema=None) as batch_op:
        batch_op.add_column(sa.Column('taken_by_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('confidential', sa.Boolean(), nullable=False, server_default=sa.false()))



def downgrade() -> None:
    with op.batch_alter_table('reports', schema=None) as batch_op:
        batch_op.drop_column('confidential')
        batch_op.drop_column('taken_by_id')

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_cases_opened_at_id'))
        batch_op.drop_index(batch_op.f('ix_cases_moved_at'))

    with op.batch_alter_table('access_log', schema=None) as batch_op:
        batch_op.drop_column('refused')

    with op.batch_alter_table('wechat_talks', schema=None) as batch_op:
        batch_op.drop_index('ix_wechat_talks_open', postgresql_where=sa.text('draft_id IS NOT NULL'), sqlite_where=sa.text('draft_id IS NOT NULL'))

    op.drop_table('wechat_talks')
    with op.batch_alter_table('wechat_pictures', schema=None) as batch_op:
        batch_op.drop_index('ix_wechat_pictures_waiting', postgresql_where=sa.text('next_try_at IS NOT NULL'), sqlite_where=sa.text('next_try_at IS NOT NULL'))
        batch_op.drop_index(batch_op.f('ix_wechat_pictures_draft_id'))
        batch_op.drop_index(batch_op.f('ix_wechat_pictures_created_at'))

    op.drop_table('wechat_pictures')
    op.drop_table('report_particulars')
    op.drop_table('open311_updates')
    with op.batch_alter_table('hotline_ticket_updates', schema=None) as batch_op:
        batch_op.drop_index('ix_hotline_ticket_updates_untold', postgresql_where=sa.text('told_at IS NULL'), sqlite_where=sa.text('told_at IS NULL'))

    op.drop_table('hotline_ticket_updates')
    with op.batch_alter_table('exchange_entries', schema=None) as batch_op:
        batch_op.drop_index('ix_exchange_entries_waiting', postgresql_where=sa.text('next_try_at IS NOT NULL'), sqlite_where=sa.text('next_try_at IS NOT NULL'))
        batch_op.drop_index('ix_exchange_entries_owed_report', postgresql_where=sa.text('owed'), sqlite_where=sa.text('owed = 1'))
        batch_op.drop_index('ix_exchange_entries_owed_case', postgresql_where=sa.text('owed'), sqlite_where=sa.text('owed = 1'))
        batch_op.drop_index('ix_exchange_entries_dead', postgresql_where=sa.text('failed_at IS NOT NULL'), sqlite_where=sa.text('failed_at IS NOT NULL'))
        batch_op.drop_index(batch_op.f('ix_exchange_entries_client_id_seq'))
        batch_op.drop_index(batch_op.f('ix_exchange_entries_at'))

    op.drop_table('exchange_entries')
    op.drop_table('exchange_followed')
    op.drop_table('hotline_mappings')
    op.drop_table('exchange_subscriptions')
    op.drop_table('wechat_tokens')
    with op.batch_alter_table('wechat_messages', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_wechat_messages_received_at'))

    op.drop_table('wechat_messages')
    op.drop_table('wechat_followers')
    op.drop_table('api_keys')
