"""Builds the web application: storage, log, errors, guard, limits, then the blueprints in one list."""
import gc

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

import casework.settings
from api import (
    abuse,
    admin,
    adoption_desk,
    adoptions,
    alarms,
    api_keys,
    auth,
    board,
    bulletins,
    calendar,
    cases,
    choosing,
    citizen,
    clocks,
    cockpit,
    comments,
    crowding,
    data_requests,
    desk,
    devices,
    document,
    dossier,
    duplicates,
    duty,
    errors,
    exchange,
    exports,
    feeds,
    field_keys,
    figures,
    finding,
    forms,
    geography,
    health,
    holds,
    hotline,
    hotline_desk,
    hotline_imports,
    inbox,
    limits,
    live,
    media,
    moderation,
    moderation_photos,
    observe,
    open311,
    openrosa,
    oversight,
    pages,
    pda,
    performance,
    phone_pages,
    points,
    policy,
    proposals,
    public,
    queues,
    registry,
    responsibility,
    roles,
    rosters,
    scorecards,
    sessions,
    staff_pages,
    steps,
    submissions,
    subscriptions,
    sync,
    taxonomy,
    templates,
    triage,
    unsubscribe,
    uploads,
    warnings,
    wechat,
    wechat_pages,
)
from api.protection import SECURITY_HEADERS
from casework import storage
from casework.settings import Settings
from casework.storage import database

BLUEPRINTS = [
    pda.blueprint,
    sync.blueprint,
    uploads.blueprint,
    duty.blueprint,
    registry.blueprint,
    forms.blueprint,
    submissions.blueprint,
    field_keys.blueprint,
    openrosa.blueprint,
    openrosa.keyed,
    open311.in_xml,
    open311.in_json,
    api_keys.blueprint,
    hotline.blueprint,
    hotline_desk.blueprint,
    hotline_imports.blueprint,
    exchange.blueprint,
    citizen.blueprint,
    choosing.blueprint,
    public.blueprint,
    moderation.blueprint,
    subscriptions.blueprint,
    feeds.blueprint,
    wechat.blueprint,
    wechat_pages.blueprint,
    points.blueprint,
    adoptions.blueprint,
    adoption_desk.blueprint,
    cases.blueprint,
    desk.blueprint,
    finding.blueprint,
    dossier.blueprint,
    clocks.blueprint,
    cockpit.blueprint,
    steps.blueprint,
    holds.blueprint,
    live.blueprint,
    triage.blueprint,
    oversight.blueprint,
    alarms.blueprint,
    comments.blueprint,
    templates.blueprint,
    inbox.blueprint,
    media.blueprint,
    moderation_photos.blueprint,
    performance.blueprint,
    exports.blueprint,
    bulletins.blueprint,
    figures.blueprint,
    scorecards.blueprint,
    warnings.blueprint,
    sessions.blueprint,
    devices.blueprint,
    geography.blueprint,
    taxonomy.blueprint,
    responsibility.blueprint,
    proposals.blueprint,
    duplicates.blueprint,
    admin.blueprint,
    abuse.blueprint,
    queues.blueprint,
    rosters.blueprint,
    roles.blueprint,
    calendar.blueprint,
    policy.blueprint,
    data_requests.blueprint,
    board.blueprint,
    health.blueprint,
]
"""Every group of operations of the API. A new endpoint file adds its line here: it is then served and documented."""

PAGES = [pages.blueprint, phone_pages.blueprint, staff_pages.blueprint, unsubscribe.blueprint]
"""What browsers open; not part of the OpenAPI document."""

SMALL_BODY = 64 * 1024
"""Bytes taken by what declares no body of its own."""

def create_app(settings: Settings | None = None, *, testing: bool = False) -> Flask:
    """The application, connected to its storage; nothing is opened before the first request.

    Without `settings` they are read from the environment. Raises SettingsError with a sentence for each fault, and
    RuntimeError when an endpoint declares no access.
    """
    if settings is not None:
        casework.settings.configure(settings)
    config = casework.settings.current()
    storage.connect(config)
    database.load_models()  # foreign keys name tables across topics, so a write needs all of them to be known
    app = Flask(__name__, static_folder=None, template_folder="pages")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config.update(TESTING=testing, MAX_CONTENT_LENGTH=SMALL_BODY, MAX_FORM_MEMORY_SIZE=1024 * 1024,
                      MAX_FORM_PARTS=100, PROPAGATE_EXCEPTIONS=False, **document.CONFIG)
    if config.trusted_proxies:  # else whoever calls could say to be anybody
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's own way to put something in front
            app.wsgi_app, x_for=config.trusted_proxies, x_proto=config.trusted_proxies)
    app.wsgi_app = crowding.Crowd(app.wsgi_app)  # type: ignore[method-assign]  # as above
    app.wsgi_app = uploads.MethodOverride(app.wsgi_app)  # type: ignore[method-assign]  # as above
    observe.install(app, config)
    app.before_request(_take_only_what_is_declared)
    auth.install(app)
    limits.install(app, config)
    api = document.Document(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    for page in PAGES:
        app.register_blueprint(page)
    errors.install(app)
    app.after_request(_protect)
    if nameless := auth.undeclared(app):
        raise RuntimeError(f"these endpoints declare no access: {', '.join(nameless)}")
    if not testing:  # all this stays to the end: each look through it for garbage would hold up every request for 0.1 s
        gc.collect()
        gc.freeze()
    return app


def _take_only_what_is_declared() -> None:
    """Each operation has its own limit of bytes, in force before anything reads the body, also when it comes chunked."""
    operation = getattr(observe.current_view(), "operation", None)
    request.max_content_length = operation.max_bytes if operation else SMALL_BODY


def _protect(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
