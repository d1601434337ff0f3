"""Every table there is, what it holds of people, and how that goes. A new table adds a line here; a law asks for it."""
from casework.retention.holdings import Aged, Fate, kept, of

NOBODY = kept("says nothing of any person")
STAFF = kept("of those who work here, who answer for what they did; nothing of residents")
REGISTER = kept("the registers are kept by statute and corrected at their source; personal fields are sealed")

TABLES: dict[str, Fate] = {
    # reports, and what hangs on them
    "reports": Fate(why="who reported, and what was said: see anonymity.py", rule="contacts_closed"),
    "report_particulars": Fate(why="whose account and device an app said it was", rule="contacts_closed", links=(
        of("report", "report_id", clears={"account": None, "device": None, "mail": None, "links": []}, words=("answers",)),)),
    "hotline_ticket_updates": Fate(why="what a ticket said later", rule="contacts_closed", links=(
        of("report", "report_id", words=("changed",)),)),
    "awaited_files": Fate(why="names of files on a device", rule="contacts_closed", links=(
        of("report", "report_id", words=("name",)),)),
    "comments": Fate(why="what was said about a case, also by reporters", rule="contacts_closed", links=(
        of("report", "report_id", clears={"author_id": None}, when=("author_kind", "citizen")),
        of("report", "report_id", words=("text",)), of("case", "case_id", words=("text",)))),
    "report_choices": NOBODY,
    "report_keys": Fate(why="hashes by which reports of the same problem are found", task="forget_report_keys"),
    "training_examples": NOBODY,
    "open311_updates": NOBODY,
    # cases
    "publications": Fate(why="words that a person released", rule="contacts_closed", links=(
        of("case", "case_id", words=("words", "reason")),)),
    "report_components": NOBODY,
    "cases": Fate(why="title and address, made of the report's", rule="contacts_closed", links=(
        of("case", "id", words=("title", "address", "waiting_for", "urgent_because")),)),
    "case_history": Fate(why="words of reporters and to them, and who acted: see redaction.py", rule="contacts_closed"),
    "history_anchors": NOBODY,
    "assignments": Fate(why="why a department has a case, in words", rule="contacts_closed", links=(
        of("case", "case_id", words=("why",)),)),
    "rule_proposals": Fate(why="grounds and rulings, in words", rule="contacts_closed", links=(
        of("case", "case_id", words=("why", "ground", "ruling", "reason")),)),
    "case_holds": Fate(why="who works on a case just now", task="forget_expired"),
    "area_counts": NOBODY,
    "duplicate_proposals": NOBODY, "escalations": NOBODY, "timers": NOBODY, "timer_segments": NOBODY, "turn_checks": NOBODY,
    # photos and files
    "public_photos": Fate(why="where faces were, as decided by a person or a detector", rule="photos_large"),
    "photos": Fate(why="pictures, where and when a camera took them", rule="photos_originals", links=(
        of("citizen", "uploaded_by", clears={"uploaded_by": None}),)),
    "forgotten_files": NOBODY,
    "uploads": Fate(why="files on their way in", task="forget_uploads"),
    "upload_pieces": Fate(why="files on their way in", task="forget_uploads"),
    # what people are told
    "messages": Fate(why="what was said to whom", aged=Aged(column="created_at", rule="messages"), links=(
        of("report", "report_id", clears={"next_try_at": None}, words=("text",)), of("case", "case_id", words=("text",)),
        of("citizen", "citizen_id", drop=True), of("follower", "follower_id", drop=True))),
    "message_preferences": Fate(why="how somebody wants to be told", rule="citizens", links=(
        of("report", "report_id", drop=True), of("phone", "phone_index", drop=True))),
    # citizens
    "citizens": Fate(why="a proved phone", rule="citizens"),
    "phone_codes": Fate(why="codes of five minutes", task="forget_expired", links=(of("phone", "phone_index", drop=True),)),
    "log_ins": Fate(why="who is logged in", task="forget_expired", links=(
        of("citizen", "citizen_id", drop=True), of("follower", "follower_id", drop=True))),
    "refresh_tokens": Fate(why="go with their log-in", task="forget_expired"),
    "used_words": Fate(why="hashes of words that hold once", task="forget_expired"),
    "tallies": Fate(why="counts under keyed hashes", task="forget_expired"),
    "data_requests": Fate(why="who asked for what; proof that it was answered",
                          aged=Aged(column="ended_at", rule="data_requests"), links=(
        of("phone", "phone_index", clears={"phone": None, "known": None}, words=("reason", "ruling")),
        of("phone", "phone_index", clears={"phone_index": None, "report_ids": []}),
        of("follower", "follower_id", clears={"follower_id": None}))),
    "subscribers": Fate(why="who wants to be told; what is followed goes along", task="forget_idle_subscribers", links=(
        of("citizen", "citizen_id", drop=True), of("follower", "follower_id", drop=True),
        of("report", "report_id", drop=True))),
    "follows": Fate(why="what somebody follows: of his own report it would say whose that was", task="forget_idle_subscribers",
                    links=(of("report", "report_id", drop=True),)),
    # whose reports were abuse
    "sender_traces": Fate(why="hashes of phones, devices and addresses", task="forget_senders", links=(
        of("sender", "value", drop=True), of("report", "report_id", drop=True))),
    "abuse_entries": Fate(why="whom abuse was seen from, as a hash; to forget on request would be no list",
                          task="forget_senders", links=(
        of("sender", "value", clears={"shown": None}, words=("reason", "objection")),)),
    "abuse_changes": kept("who changed the list, and why"),
    "abusive_reports": Fate(why="why a report was abuse", rule="contacts_closed", links=(
        of("report", "report_id", words=("reason",)),)),
    # adoption and points
    "community_persons": Fate(why="who adopts and earns", task="forget_untied_persons", links=(
        of("phone", "phone_index", clears={"phone_index": None}), of("follower", "follower_id", clears={"follower_id": None}))),
    "adopting_shops": Fate(why="names of shops, and whom to ask for", task="forget_untied_persons"),
    "adoption_check_ins": Fate(why="what an adopter wrote", task="forget_untied_persons"),
    "adoptions": NOBODY, "adoption_kinds": NOBODY, "adoption_occasions": NOBODY, "adoption_reminders": NOBODY,
    "point_accounts": NOBODY, "point_lines": NOBODY, "point_redemptions": NOBODY, "point_rewards": NOBODY,
    "point_rules": NOBODY,
    # WeChat
    "wechat_followers": Fate(why="an openid", rule="followers"),
    "wechat_talks": Fate(why="what somebody is just saying", rule="followers", links=(
        of("report", "last_report_id", clears={"last_report_id": None, "last_draft_id": None, "last_number": None}),
        of("follower", "follower_id", drop=True))),
    "wechat_pictures": Fate(why="which picture somebody sent", rule="followers", links=(
        of("report", "report_id", drop=True), of("follower", "follower_id", drop=True))),
    "wechat_messages": Fate(why="hashes of messages, and what was answered", task="forget_wechat_messages"),
    "wechat_tokens": NOBODY,
    # other systems
    "exchange_entries": Fate(why="words meant for the caller of a ticket", task="forget_changes", links=(
        of("report", "report_id", words=("body",)), of("case", "case_id", words=("body",)))),
    "exchange_followed": NOBODY, "exchange_subscriptions": NOBODY, "clients": NOBODY, "hotline_mappings": NOBODY,
    "client_nonces": Fate(why="requests that must not pass twice", task="forget_nonces"),
    "api_keys": kept("who answers for an app, as long as there is a record of its reports; sealed, and shown for a reason"),
    "early_warnings": kept("counts, areas and words that many people used, and who of us looked at them"),
    "early_warning_days": kept("how many reports, by class, square and word; a word only where many people used it"),
    "intake_refusals": NOBODY, "outbox": Fate(why="ids of what happened", task="forget_events"),
    # in the field
    "form_submissions": Fate(why="answers as they were sent in", rule="submissions", links=(
        of("report", "report_id", words=("xml",)),)),
    "form_submission_files": Fate(why="go with their submission", rule="submissions"),
    "field_tasks": Fate(why="notes from the door", aged=Aged(column="done_at", rule="task_words", clears=("note", "words"))),
    "field_surveys": NOBODY, "collection_forms": NOBODY,
    "field_operations": Fate(why="what devices did", task="forget_changes"),
    "field_changes": Fate(why="what devices were told", task="forget_changes"),
    "field_followed_events": Fate(why="what devices were told", task="forget_changes"),
    "field_rounds": STAFF, "field_tracks": Fate(why="where a worker walked", task="forget_where_people_were"),
    "check_ins": Fate(why="where a worker was", task="forget_where_people_were"),
    "presence_checks": Fate(why="where a worker was", task="forget_where_people_were"),
    "grid_presence": Fate(why="which squares were walked", task="forget_where_people_were"), "grid_visits": NOBODY,
    # the registers
    "register_entries": REGISTER, "register_statements": REGISTER, "register_conflicts": REGISTER, "register_holders": REGISTER,
    "register_keys": REGISTER, "register_relations": REGISTER, "register_visits": REGISTER,
    # those who work here
    "users": STAFF, "posts": STAFF, "duties": STAFF, "devices": STAFF, "field_keys": STAFF, "saved_filters": STAFF,
    "access_log": Fate(why="who looked at personal data, and why", aged=Aged(column="at", rule="access_log"), links=(
        of("report", "subject_id", words=("reason",)),)),
    # reference and upkeep
    "areas": NOBODY, "areas_version": NOBODY, "place_names": NOBODY, "departments": NOBODY, "rules": NOBODY,
    "categories": NOBODY, "standards": NOBODY, "taxonomy_versions": NOBODY, "reply_templates": NOBODY, "sla_policies": NOBODY,
    "calendar_days": NOBODY, "calendar_version": NOBODY, "calendar_years": NOBODY, "office_hours": NOBODY,
    "schedule_runs": NOBODY, "retention_runs": NOBODY,
    # what leaders read, and what they remark on it
    "bulletins": NOBODY, "bulletin_remarks": STAFF,
    # files of lists
    "list_exports": Fate(why="who had which list as a file; the file goes with its row", task="forget_exports"),
    # figures
    "performance_facts": STAFF, "performance_rollups": STAFF, "performance_scorecards": STAFF,
    "performance_appeals": STAFF,
}
