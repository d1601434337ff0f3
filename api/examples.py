"""What an answer looks like, for the document: made from its shape, with a word for each field's name."""
from typing import Any

import marshmallow as ma

from api.fields import Moment, Place

ID = "018f3c1e-7b5a-7c2d-9e4f-0123456789ab"
REQUEST, AT = "ZW260302-7K3F9-Q2MXA", "2026-03-02T10:00:00+08:00"
PHOTO = f"/api/v1/media/{ID}/320?expires=1772500000&signature=mF3kq0"
WORDS: dict[str, Any] = {
    "wanted": "本周内办结并报告",
    "suggested": "10101", "suggested_name": "上水井盖", "corrected": "10102", "corrected_name": "污水井盖",
    "model_version": "20260301-0200",
    "app_id": "wx5823bf96d3bd56c7", "nonce": "8f1d3a5b7c9e0f24", "signature": "0f9de62fce790f9a083d5c99e95740ceb90c27ed",
    "access": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMThmIn0.3vVt", "action": "sign", "actor_kind": "user",
    "actor_name": "王芳", "author": "王芳", "address": "学府路12号", "area": "示范市/东区/南塘街道/南塘社区/第一网格",
    "area_code": "44030100100101", "area_codes": "440301", "area_name": "示范市东区南塘街道南塘社区第一网格",
    "behind": {"oldest_event_seconds": 0.4},
    "by_channel": {"pda": 12, "hotline": 30, "citizen": 8}, "by_level": {"grid": 120}, "case": "AJ260302-7K3F9-Q2MXA",
    "cases": {"handling": 17}, "category": "井盖", "category_code": "10101", "category_name": "井盖",
    "channel": "pda",
    "channels": {"pda": {"received": 120, "closed": 96}}, "closes": "12:00", "closing": "井盖复位，周边平整",
    "code": "10101", "codes": "440301", "condition": "井盖缺失", "database": "ok", "department": "水务局",
    "due_at": "2026-03-02T05:00:00Z", "evidence": "after", "expires_in": 900,
    "explanation": "按部件 10101 的规则，由水务局负责", "facts": {"reason": "同一处"}, "field": "photos.0",
    "ground": "三定方案第四条", "hash": "9f2b6c41d0", "hours": "1-5 08:00-18:00", "items": {"category_code": "10101"},
    "key_id": "zw_7Q2m", "kind": "user", "large": PHOTO.replace("/320", "/1600"), "lat": 22.5431, "level": "grid",
    "limit": "3 work_hour", "limit_unit": "work_hour", "limit_value": 3, "login": "wangfang", "lon": 114.0579,
    "may": "urge", "name": "王芳", "names": "东区", "needs": "reason", "next": None, "nowhere": "不知何处的小区",
    "number": "AJ260302-7K3F9-Q2MXA", "opens": "08:30", "outcome": "opened", "outcome_reason": None,
    "ownership": "public", "parent_code": "101", "phone": "138****0000", "priority": "normal",
    "problems": "第3个图形没有代码", "purpose": "report", "question": None, "queue": "ok", "reason": None,
    "refresh": "Zk3Qm0Wb7T", "reply": "井盖已更换", "returns": 0, "reworks": 0, "role": "handler",
    "roles": "dispatcher", "says": "签收 we have it", "secret": "kV9xT2aF", "skipped": "水务局·处置人员",
    "small": PHOTO, "source": "dispatched", "stage": "handle",
    "standard": {"condition": "井盖缺失", "limit_value": 3, "limit_unit": "work_hour"}, "state": "running",
    "status": "handling", "step": None, "subject_kind": "report", "suggestion": None, "target": "handling",
    "policy_version": "2026.1", "text": "人行道上水井盖缺失", "ticket": "12345-20260302-0001", "title": "人行道上水井盖缺失",
    "token": "018f3c1e7b5a.mF3kq0Wb", "turn": "handler", "valid_from": "2026-06-01", "value": "13800000000",
    "from_department": "水务局", "to_department": "道路养护中心", "why": "适用规则“供水井盖”", "ruling": "道路附属，不属供水",
    "note": "夜班",
    "version": 4, "waiting_for": None, "warnings": None, "words": "处置中",
    "author_kind": "user", "by": "水务局", "fault": "HTTP 403", "holder": "水务局", "kinds": "progress", "lang": "zh",
    "mail": "wangfang@example.org", "off": {"mail": ["comment"]}, "to": "138****0000", "via": "sms",
    "visibility": "public", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "upload": f"/api/v1/uploads/{ID}",
    "community": "示范市东区南塘街道南塘社区", "community_code": "440301001001", "stands": "责任部门正在处置",
    "draft": "我家门口的井盖没了，电话＊＊＊"}
"""By the field's name, where no shape below says otherwise."""

COMMUNITY: dict[str, dict[str, Any]] = {
    "CountsOut": {"rule": "filed", "words": "上报属实，已立案"},
    "PointLineOut": {"day": "2026-03-02", "words": "上报属实，已立案", "report": REQUEST, "note": None},
    "MyPointsOut": {"next": None}, "PointRuleOut": {"code": "filed", "zh": "上报属实，已立案", "branches": ["1", "2"],
                                                    "en": "a report that was true and filed"},
    "RewardOut": {"zh": "帆布袋", "en": "a canvas bag"}, "CorrectedOut": {"note": "误判，补回积分"},
    "RedemptionOut": {"code": "7QK2M9XA", "zh": "帆布袋", "en": "a canvas bag", "state": "waiting", "reason": None},
    **{shape: {"kind": "10124", "name": "消火栓", "expects": "清除周围积雪和遮挡", "weather": ["snow"], "dates": ["11-15"],
               "code": "4403010124000017", "ended": None, "warned_at": None, "ended_at": None, "check_ins": [], "cases": [],
               "adopters": ["老张包子铺"], "component": ID, "shop": None}
       for shape in ("AdoptableKindOut", "AdoptableOut", "AdoptionOut", "AdoptionDetailOut")},
    "CheckInOut": {"flags": ["照片不是近一天拍的"], "photos": [PHOTO]},
    "CareCaseOut": {"category": "消防设施", "closed_at": None},
    "ShopOut": {"name": "老张包子铺", "state": "confirmed", "shown": "老张包子铺"},
    "AdoptionKindOut": {"code": "10124", "zh": "消火栓", "en": "fire hydrant", "expects_zh": "清除周围积雪和遮挡",
                        "expects_en": "dig it out of snow", "weather": ["snow"], "dates": ["11-15"]},
    "AdoptingShopOut": {"name": "老张包子铺", "entity": None, "state": "waiting", "shown": None},
    "ContactOut": {"contact": "张师傅 13800000000"},
    "OddCheckInOut": {"kind": "10124", "code": "4403010124000017", "flags": ["照片不是近一天拍的"], "photos": [PHOTO]},
    "WeatherNoticeOut": {"kind": "snow", "areas": ["440301"], "source": "市气象台"},
}

TITLE = {"zh": "2026年第10周城市治理周报（3月2日—3月8日）", "en": "Weekly bulletin 2026, week 10 (2 March – 8 March)"}
LEAD = {"zh": "上周受理 1,204 件，比前一周多 12%。", "en": "Last week 1,204 cases came in, 12% more than the week before."}
REPORTS: dict[str, dict[str, Any]] = {
    "ExportOut": {"table": "cases", "format": "xlsx", "name": "案件-20260302-1000.xlsx", "state": "running", "done": 2000,
                  "total": 12_000, "bytes": None, "fault": None, "ended_at": None},
    "ListOut": {"table": "cases", "zh": "案件", "en": "cases", "filters": ["status", "area"], "needs": [],
                "most": {"xlsx": 100_000, "csv": 5_000_000}},
    **{shape: {"kind": "week", "since": "2026-03-02", "until": "2026-03-09", "title": TITLE, "lead": LEAD, "remarks_open": 1}
       for shape in ("BulletinRowOut", "BulletinOut")},
    "SectionOut": {"code": "department", "heading": "各部门情况", "sentences": [LEAD["zh"]],
                   "chart": "<svg xmlns='http://www.w3.org/2000/svg'/>", "headings": ["名称", "受理"],
                   "rows": [["水务局", "204"]]},
    "RemarkOut": {"section": "department", "words": "超期率连续上升，请说明原因。", "by": "李主任", "user": None, "case": None,
                  "due": "2026-03-12", "stands": "answered", "answer": "已增派人手，本周内清零。", "answered_by": "王芳"}}
"""Of bulletins and exports, by shape."""

MODERATION: dict[str, dict[str, Any]] = {
    "PhotoRowOut": {"state": "waiting"},
    "ModeratedPhotoOut": {"state": "waiting", "link": PHOTO.replace("/320", "/1600"), "public": None, "width": 3000,
                          "height": 4000, "decided_at": None, "decided_by": None},
    "FindingOut": {"kind": "face", "score": 0.87, "x": 0.31, "y": 0.12, "width": 0.08, "height": 0.11},
    "RectangleOut": {"x": 0.29, "y": 0.09, "width": 0.12, "height": 0.17},
    "PublicPictureOut": {"link": PHOTO.replace("/320", "/public"), "small": PHOTO.replace("/320", "/public-320")}}
"""Of photos that wait for a moderator, by shape."""

OPEN311: dict[str, dict[str, Any]] = {
    "ServiceOut": {"service_code": "10101", "service_name": "上水井盖", "description": "井盖缺失；井盖破损",
                   "type": "realtime", "keywords": "公用设施,井盖", "group": "公用设施"},
    "DefinitionOut": {"service_code": "10101"}, "ValueOut": {"key": "1", "name": "井盖缺失"},
    "AttributeOut": {"code": "condition", "datatype": "singlevaluelist", "datatype_description": None,
                     "description": "是哪一种情况？", "required": False},
    "AcceptedOut": {"service_request_id": REQUEST, "service_notice": "已受理，编号 " + REQUEST, "account_id": None},
    "TokenOut": {"service_request_id": REQUEST, "token": REQUEST},
    "RequestOut": {
        "service_request_id": REQUEST, "status": "open", "status_notes": "责任部门正在处置", "service_name": "上水井盖",
        "service_code": "10101", "description": "井盖缺失", "agency_responsible": "水务局", "service_notice": None,
        "requested_datetime": AT, "updated_datetime": AT, "expected_datetime": AT, "address_id": None, "zipcode": None,
        "address": "示范市/东区/南塘街道/南塘社区", "media_url": None, "long": 114.059, "lat": 22.543,
        "attributes": [{"code": "condition", "values": ["1"]}],
        "extended_attributes": {"status": "handling", "media_urls": []}},
    "NoteOut": {"datetime": AT, "description": "签收", "type": "sign"},
    "UpdatedOut": {"update_id": f"{ID}-{REQUEST}", "service_request_id": REQUEST, "status": "IN_PROGRESS",
                   "updated_datetime": AT, "description": "签收", "media_url": None, "external_status_code": "handling"},
    "TakenOut": {"update_id": ID},
    "DiscoveryOut": {"changeset": AT, "contact": "平台管理员", "key_service": "POST /api/v1/open311/applications"},
    "EndpointOut": {"specification": "http://wiki.open311.org/GeoReport_v2", "url": "https://city.example/open311/v2",
                    "changeset": AT, "type": "production", "formats": ["text/xml", "application/json"]},
    "ApiKeyOut": {"name": "随手报", "revoked_at": None, "per_minute": 60},
    "NewApiKeyOut": {"name": "随手报", "api_key": "Zk3Qm0Wb7T", "approved_at": None, "revoked_at": None, "per_minute": 60},
    "ContactOut": {"contact": "dev@example.org"}}
"""Of shapes whose names belong to another standard, by shape."""

VALUES = {"received": 120, "closing_rate": 0.9372, "handle_p50": 214.6, "satisfaction_rate": None}
SCORECARD = {"period": "2026-10", "of": "department", "name": "水务局", "state": "published", "score": 91.25, "rank": 3,
             "amended_score": 93.5, "appeal": "granted"}
PERFORMANCE: dict[str, dict[str, Any]] = {
    "InWordsOut": {"zh": "结案率", "en": "Closing rate"},
    "IndicatorOut": {"code": "closing_rate", "unit": "ratio", "formula": "closed / (due - deferred)", "better": "high",
                     "source": "cases, clocks", "period": "opened"},
    "FiguresItemOut": {"key": "440301", "name": "东山区", "values": VALUES}, "WholeOut": {"values": VALUES},
    "FiguresOut": {"since": "2026-10-01", "until": "2026-11-01", "by": "area", "next": None},
    "ScorecardOut": SCORECARD, "ScorecardWholeOut": SCORECARD,
    "ScoreLineOut": {"indicator": "closing_rate", "value": 0.9372, "weight": 25, "points": 87.44},
    "ScoreEventOut": {"action": "appealed", "by": "王芳", "words": "道路封闭三日，无法进场", "score": None},
    "PublishedOut": {"published": 42},
    "ScoreAppealOut": {"period": "2026-10", "of": "department", "name": "水务局", "score": 91.25, "ruling": "granted",
                       "grounds": "道路封闭三日，无法进场", "reason": "情况属实", "amended_score": 93.5}}
"""Of figures and scorecards, by shape."""
OF_CASE: dict[str, Any] = {
    "CaseOut.appealed_timer_id": None, "CaseOut.applied_for": None, "CaseOut.applied_until": None, "CaseOut.closed_at": None,
    "CaseOut.dissatisfied": 0, "CaseOut.endorsed": False, "CaseOut.feedback_owed": False, "CaseOut.flags": [],
    "CaseOut.overdue": False, "CaseOut.question_until": None, "CaseOut.questions": 0, "CaseOut.reopens": 0,
    "CaseOut.sampled": None, "CaseOut.status": "handling", "CaseOut.suspended_until": None, "CaseOut.urgent_because": None,
    "CaseOut.urges": 0}
"""Of a case, whole or as a dossier."""
COCKPIT: dict[str, dict[str, Any]] = {
    **{shape: {"code": "440301001001", "name": "南塘社区", "level": "community",
               "outline": [[[114.0, 22.6], [114.02, 22.6], [114.02, 22.61], [114.0, 22.61], [114.0, 22.6]]]}
       for shape in ("OutlinedOut", "MapAreaOut")},
    "WayOut": {"code": "440301", "name": "东区"}, "RankedOut": {"name": "水务局"},
    "TilesOut": {"url": "https://tiles.example.org/{z}/{x}/{y}.png", "attribution": "市规划和自然资源局"}}

EXACTLY: dict[str, Any] = {
    "MapOut.type": "FeatureCollection", "MapOut.features": [{
        "type": "Feature", "bbox": [114.056, 22.542, 114.058, 22.544],
        "geometry": {"type": "Point", "coordinates": [114.057, 22.543]},
        "properties": {"kind": "square", "count": 3, "community_code": None, "community": None}}],
    "PublicCaseOut.status": "open", "PublicCaseOut.closed_at": None, "PublicCaseOut.words": "路口的上水井盖缺失，行人有危险。",
    "PublicCaseWholeOut.status": "open", "PublicCaseWholeOut.closed_at": None, "ModeratedOut.decided_by_person": True,
    "PublicCaseWholeOut.words": "路口的上水井盖缺失，行人有危险。", "ModeratedOut.state": "published",
    "ModeratedOut.words": "路口的上水井盖缺失，行人有危险。",
    **{f"{shape}.{name}": value for shape in ("EarlyWarningOut", "WholeWarningOut") for name, value in {
        "kind": "cluster", "state": "acknowledged", "ended_at": None, "metres": 600, "count": 14, "expected": 1.7,
        "confidence": 0.998, "acknowledged_by": "王芳", "outcome": "true"}.items()},
    "WholeWarningOut.note": "已联系供水公司", "WholeWarningOut.outcome_note": "主管爆裂，已抢修",
    "WholeWarningOut.judged_by": "王芳",
    "CodeNameOut.code": "440301001001", "CodeNameOut.name": "南塘社区", "LonLatOut.lon": 114.0579,
    "LonLatOut.lat": 22.5431, "DayCountedOut.day": "2026-03-02", "DayCountedOut.count": 14,
    "DayCountedOut.expected": 1.7, "EvidenceOut.cases": ["AJ260302-7K3F9-Q2MXA"], "EvidenceOut.words": ["停水"],
    "BothOut.zh": "南塘社区约600米范围内近8小时聚集“供水”14件，通常约1.7件。", "EvidenceOut.places": ["南塘社区第一网格"],
    "BothOut.en": "南塘社区, within some 600 m: 14 of “供水” in the last 8 hours; usually about 1.7.",
    "PrecisionOut.kind": "cluster", "PrecisionOut.raised": 12, "PrecisionOut.judged": 10, "PrecisionOut.true": 8,
    "PrecisionOut.false": 2, "PrecisionOut.precision": 0.8,
    "ArrivalOut.name": "IMG_0412.jpg", "ArrivalOut.state": "arriving",
    "InboxMessageOut.kind": "work", "LetterOut.kind": "result", "RatedOut.outcome": "kept", "RatedOut.rated": 5,
    "OfferOut.category": "10101", "OfferOut.title": "井盖复位", "OfferOut.text": "水务局已到场处置：上水井盖缺失。",
    "TemplateOut.category": "10101", "TemplateOut.title": "井盖复位", "TemplateOut.action": "resolve",
    "TemplateOut.text": "{department}已到场处置：{title}。", "StaffCommentOut.text": "已约周三上午到场",
    "CommentOut.words": "已约周三上午到场", "InboxMessageOut.text": "案件AJ260302-7K3F9-Q2MXA“井盖缺失”派至水务局。",
    "ActionOut.action": "resolve", "ActionOut.needs": ["reply"], "ActionOut.says": "反馈 done, with evidence",
    "AreaOut.code": "44030100100101", "AreaOut.name": "第一网格", "AreaOut.parent_code": "440301001001",
    "DeskOut.counts": {"overdue": 2, "due_soon": 5, "sign": 7, "handle": 31, "open": 45}, "DeskOut.counted_at_most": 999,
    "SavedFilterOut.name": "南塘急件", "SavedFilterOut.wanted": {"queue": "handle", "area": "440301001", "urgent": True},
    "DeskRowOut.handler": "王芳", "DeskRowOut.status": "handling", "DeskRowOut.overdue": False,
    "DeskRowOut.feedback_owed": False,
    "DeskRowOut.urges": 0, "DeskRowOut.applied_for": None, "DeskRowOut.question_until": None,
    "DeskRowOut.suspended_until": None, "ColleagueOut.title": "水务局处置人员", "FoundOut.by": "words",
    "NearCaseOut.status": "handling", "NearCaseOut.overdue": False,
    "CaseRowOut.overdue": False,
    "CaseRowOut.status": "handling", "CategoryOut.kind": "component", "CategoryOut.level": 3,
    "CategoryOut.name": "井盖", "ClientOut.name": "12345平台", "ClientOut.roles": ["platform"],
    **{name.replace("CaseOut.", "DossierOut."): value for name, value in OF_CASE.items()}, **OF_CASE,
    "ToldLineOut.says": "签收 we have it", "ShareOut.part": "lead", "ShareOut.until": None, "ShareOut.done_at": None,
    "ShareOut.returned": False, "ShareOut.ruled": False, "DossierOut.names": {ID: "水务局"}, "DossierOut.comments_next": None,
    "AskOut.name": "reply", "AskOut.kind": "text", "AskOut.required": True, "AskOut.most": 4000, "AskOut.choices": None,
    "AskOut.evidence": ["reply"], "AskOut.purpose": None, "AskOut.value": None, "ActionOut.asks": True,
    "OptionOut.text": "水务局", "ComponentOut.label": "上水井盖 4403010101000017", "ComponentOut.code": "4403010101000017",
    "ComponentOut.metres": 12, "ExplainedClockOut.limit_value": 1, "ExplainedClockOut.limit_unit": "work_day",
    "ExplainedClockOut.extra_value": 0,
    "ClockOut.overdue": False, "ExplainedClockOut.excused": False, "ExplainedClockOut.extra": None,
    "ExplainedClockOut.limit": "1 工作日", "ExplainedClockOut.overdue": None, "ExplainedClockOut.stopped_at": None,
    "ExplainedClockOut.words": "处置时限 1 工作日（规定 2026.1），2026年3月6日（周五）16:00起计时，已计 0.25 个工作日。",
    "NumberOut.name": "reopen_days", "NumberOut.says": "结案后多久内可以重开", "NumberOut.unit": "天",
    "NumberOut.value": 15, "PolicyOut.ladders": {"": [[80, "department_head"], [100, "supervisor"]]},
    "PolicyOut.numbers": {"3": {"reopen_days": 30}}, "PolicyOut.version": "2026.2", "PolicyVersionOut.version": "2026.2",
    "RuleLineOut.category": "3", "RuleLineOut.channel": None, "RuleLineOut.stage": "sign", "RuleLineOut.unit": "work_hour",
    "RuleLineOut.urgent": None, "RuleLineOut.value": 2, "RuleLineOut.words": "签收（类别 3）：2 工作时",
    "StretchOut.counted": 7200, "StretchOut.words": "2026年3月6日（周五）16:00起 工作日，计 0.25 个工作日",
    "DepartmentOut.code": "SW", "DepartmentOut.name": "水务局", "DeviceOut.name": "PDA 17",
    "DeviceOut.revoked_at": None, "FaultOut.reason": "there is no such uploaded photo", "GapsOut.items": [],
    "GridOut.code": "44030100100101", "GridOut.name": "第一网格", "ImportOut.gaps": [], "ImportOut.outside": [],
    "ImportOut.overlaps": [], "ImportOut.problems": [], "LineOut.number": 3, "LiveOut.status": "ok",
    "LookOut.field": "phone", "LookOut.reason": "联系核实地点", "PhotoOut.state": "ready", "PostOut.role": "handler",
    "PostOut.title": "水务局处置人员", "ProgressOut.closed_at": None, "ProgressOut.rated": None,
    "ProgressOut.reply": None, "ReadyOut.status": "ok", "ReadyOut.warnings": [], "ReportOut.name": "王*", "ReportOut.links": [],
    "PublicOut.reasons": ["就在附近", "相隔2.5小时", "同类"], "PublicOut.score": 0.85, "PublicOut.words": "责任部门正在处置",
    "SimilarOut.joins": False, "SimilarOut.reasons": ["相距35米", "相隔2.5小时", "文字相似62%", "类别相近"],
    "SimilarOut.score": 0.94, "SimilarOut.state": "open", "PublicOut.same_as": "018f3c1e7b5a7c2d.1772500000.mF3kq0Wb",
    "ProposalOut.cases": ["AJ260302-7K3F9-Q2MXA"],
    "OperationOut.id": ID, "OperationOut.outcome": "done", "OperationOut.current": None, "OperationOut.missing": [],
    "OperationOut.problem": None,
    "OperationOut.result": {"number": "ZW260302-7K3F9-Q2MXA", "received_at": "2026-03-02T04:30:02Z"},
    "ChangesOut.items": [{"kind": "case", "id": ID, "status": "handling", "version": 4, "overdue": False}],
    "ChangesOut.next": "WzEsMTc3MjQyNTgwMCwiOWYyYjZjNDFkMGUzIiw3XQ", "ChangesOut.more": False, "ChangesOut.reset": False,
    "ResultOut.errors": [], "ResultOut.status": 201, "RuleOut.name": "井盖归水务局",
    "RuleOut.valid_from": "2026-01-01T00:00:00Z", "RuleOut.valid_until": None, "StandOut.status": "dispatched",
    "StandOut.version": 5, "StepOut.words": "已签收", "StepResultOut.problem": None, "StepResultOut.status": 200,
    "AnswersOut.xml": '<data id="house" version="1"><address>学府路12号</address></data>',
    "BadOut.column": "证件号码", "BadOut.reason": "does not fit its last character; read it again", "BadOut.row": 17,
    "ConflictOut.area": "44030100100101", "ConflictOut.contested": {"rooms": {"current": 3, "stated": 4}},
    "ConflictOut.kind": "values", "ConflictOut.label": "南塘路12号 302", "ConflictOut.other": None,
    "ConflictOut.register": "house", "EntryOut.area": "44030100100101", "EntryOut.conflicts": [],
    "EntryOut.field_versions": {"address": 1, "usage": 2}, "EntryOut.label": "南塘路12号 302",
    "EntryOut.masked": {"owner_name": "张*"}, "EntryOut.register": "house", "EntryOut.relations": [],
    "EntryOut.values": {"address": "南塘路12号", "room": "302", "usage": "rented"}, "EntryOut.version": 2,
    "EntryRowOut.area": "44030100100101", "EntryRowOut.conflicts": [], "EntryRowOut.label": "南塘路12号 302",
    "EntryRowOut.masked": {"owner_name": "张*"}, "EntryRowOut.metres": 35, "EntryRowOut.register": "house",
    "EntryRowOut.relations": [], "EntryRowOut.values": {"address": "南塘路12号", "room": "302"}, "EntryRowOut.version": 1,
    "EntryStatementOut.area": "44030100100101", "EntryStatementOut.by": "李明", "EntryStatementOut.contested": [],
    "EntryStatementOut.form": "house@1", "EntryStatementOut.origin": "pda", "EntryStatementOut.source": "collected",
    "EntryStatementOut.state": "applied", "EntryStatementOut.values": {"usage": "rented"}, "EntryStatementOut.version": 2,
    "EntryVisitOut.by": "李明", "EntryVisitOut.purpose": "care",
    "FieldsOut.purposes": [{"purpose": "care", "zh": "关爱帮扶", "en": "care"}],
    "FieldsOut.registers": [{"register": "house", "zh": "房屋", "en": "houses", "fields": [
        {"name": "rooms", "zh": "间数", "en": "rooms", "kind": "integer", "required": False, "personal": False,
         "unique": False, "found": False, "unit": "", "choices": []}]}],
    "FieldsOut.relations": [{"kind": "lives_in", "zh": "居住于", "en": "lives in", "from": ["person"], "to": ["house"]}],
    "JudgedOut.contested": {"rooms": {"current": 3, "stated": 4}}, "JudgedOut.problem": None, "JudgedOut.state": "conflict",
    "KeptOut.problem": None, "RegisterImportedOut.columns": {"身份证号": "id_number", "备用": None},
    "BadRowOut.column": "来电时间", "BadRowOut.reason": "is a day or an hour that does not exist", "BadRowOut.row": 17,
    "ErrorFileOut.content": "77u/5bel5Y2V57yW5Y+3", "ErrorFileOut.name": "2026年3月-错误.csv", "ErrorFileOut.type": "text/csv",
    "MappingOut.columns": {"流水号": "number", "处理状态": "-"}, "MappingOut.name": "市12345平台", "MappingOut.system": "gcj02",
    "MappingOut.words": {"category": {"供水问题": "301"}},
    "TicketsImportedOut.columns": {"工单编号": "number", "处理状态": None},
    "FeedOut.more": False, "FeedOut.next": "WzE3XQ",
    **{f"TicketStatusOut.{name}": value for name, value in {
        "id": "018f3c1e7b5a7c2d9e4f0123456789ab", "seq": 17, "event": "case.resolve", "line": 5,
        "at": "2026-03-02T04:30:00+00:00", "status": "resolved", "words": "井盖已更换",
        "signed_at": "2026-03-02T03:00:00+00:00",
        "responded_at": "2026-03-02T03:30:00+00:00", "resolved_at": "2026-03-02T04:30:00+00:00", "closed_at": None,
        "solved": None, "solved_at": None, "satisfied": None, "satisfied_at": None, "rating": None}.items()},
    "ReplayedOut.lines": 12, "StuckOut.client": "12345平台", "StuckOut.event": "case.resolve", "StuckOut.fault": "HTTP 500",
    **{f"{shape}.{name}": value for shape in ("SubscriptionOut", "WebhookOut") for name, value in {
        "client": ID, "url": "https://12345.example.gov.cn/zhiwang", "events": ["case.dispatch", "case.resolve"],
        "active": True}.items()},
    "WebhookOut.name": "12345平台", "WebhookOut.rests_until": None, "WebhookOut.fault": "HTTP 500",
    "QueueOut.name": "media", "DeadKindOut.job": "media.process", "DeadKindOut.fault": "OSError",
    "MeOut.permissions": ["case.list"],
    "WhereOut.area": "示范市东区南塘街道南塘社区", "WhereOut.sure": True,
    "AboutOut.code": "301", "AboutOut.name": "公共服务 · 供水", "AboutOut.confidence": 0.82,
    "LookOut.refused": False, "ReportOut.confidential": False, "EarlierOut.confidential": False,
    "EarlierOut.status": "handling", "NearOut.status": "handling", "NearOut.metres": 35,
    "FormOut.form_id": "house", "FormOut.kind": "xlsx", "FormOut.md5": "9f2b6c41d0e35a7788e1c4f2ab906d13",
    "FormOut.questions": [{"name": "address", "type": "text", "label": {"zh": "地址", "en": "Address"}, "required": True}],
    "FormOut.register": "house", "FormOut.remarks": [], "FormOut.title": "房屋信息采集", "FormOut.version": "1",
    "FormRowOut.form_id": "house", "FormRowOut.kind": "xlsx", "FormRowOut.md5": "9f2b6c41d0e35a7788e1c4f2ab906d13",
    "FormRowOut.register": "house", "FormRowOut.title": "房屋信息采集", "FormRowOut.version": "1",
    "KeyOut.name": "红色手机", "KeyOut.username": "zw-7q2mk3f9", "NewKeyOut.name": "红色手机",
    "NewKeyOut.password": "7Q2MK-3F9QP-XW8RT-2H4ZD", "NewKeyOut.server": "https://city.example/openrosa",
    "NewKeyOut.url": "https://city.example/openrosa/key/Zk3Qm0Wb7T", "NewKeyOut.username": "zw-7q2mk3f9",
    "SubmissionOut.deprecated_id": None, "SubmissionOut.flags": ["old_version"], "SubmissionOut.form_id": "house",
    "SubmissionOut.instance_id": "uuid:018f3c1e-7b5a-4c2d-9e4f-0123456789ab", "SubmissionOut.missing": [],
    "SubmissionOut.reason": "some values cannot be kept", "SubmissionOut.state": "refused", "SubmissionOut.version": "1",
    "RuleChangeOut.before": "没有可用的权责规则。", "RuleChangeOut.before_lead": None,
    "RuleChangeOut.after": "适用规则“路灯”。",
    "CellOut.open": "some", "CellOut.overlaps": 0,
    "HeadingOut.below": True, "HeadingOut.code": "101", "HeadingOut.name": "公用设施",
    "CalendarOut.source": "国务院办公厅通知", "SpecialDayOut.date": "2026-02-17", "SpecialDayOut.name": "春节",
    "SpecialDayOut.is_work": False, "RoleOut.role": "handler", "RoleOut.name": "处置人员", "PowerOut.action": "case.sign",
    "PowerOut.roles": ["handler"], "PowerOut.conditions": ["own_department"],
    **{f"HeldPostOut.{name}": value for name, value in {
        "role": "handler", "title": "水务局处置人员", "holder_name": "王芳", "area_name": None, "area_code": None}.items()},
    "CarriedOut.name": "PDA 17", "CarriedOut.revoked_at": None, "CarriedOut.user_name": "王芳", "DutyOut.user_name": "王芳",
    "PolicyVersionOut.by": "王芳", "AreaFoundOut.full_name": "示范市东区南塘街道南塘社区", "AreaFoundOut.code": "440301001001",
    "AreaFoundOut.name": "南塘社区", "AreaFoundOut.level": "community", "AreaFoundOut.parent_code": "440301001",
    **{f"FormVersionOut.{name}": value for name, value in {
        "form_id": "house", "kind": "xlsx", "md5": "9f2b6c41d0e35a7788e1c4f2ab906d13", "register": "house",
        "title": "房屋信息采集", "version": "1"}.items()},
    "VersionOut.name": "2026年修订", "VersionOut.number": 2,
    "CoverageOut.area": "440301001", "CoverageOut.grids": 8, "CoverageOut.since": "2026-02-01", "CoverageOut.silent": 1,
    "CoverageOut.until": "2026-03-02", "FieldTaskOut.area": "44030100100101", "FieldTaskOut.conflict": None,
    "FieldTaskOut.form": "charging", "FieldTaskOut.kind": "survey", "FieldTaskOut.state": "done",
    "FieldTaskOut.result": {"outcome": "done", "late": False, "values": {"doors": 12}, "lon": 114.0579, "lat": 22.5431},
    "FieldTaskOut.text": "逐户查看", "FieldTaskOut.title": "充电隐患专项普查：第一网格", "GridWalkedOut.cells": 96,
    "GridWalkedOut.code": "44030100100101", "GridWalkedOut.days_since": 2, "GridWalkedOut.last_visit": "2026-02-28",
    "GridWalkedOut.name": "第一网格", "GridWalkedOut.share": 0.5, "GridWalkedOut.visited": 48, "PointsKeptOut.kept": 41,
    "PresenceFlagsOut.flags": ["签到定位精度差，误差约250米"], "PresenceOut.case_id": None, "PresenceOut.kind": "check_in",
    "PresenceOut.flags": ["签到定位精度差，误差约250米"], "RoundOut.ended_by": "worker", "RoundOut.metres": 3120.5,
    "FollowOut.area": None, "FollowOut.category": "101", "FollowOut.kind": "category", "FollowOut.rhythm": "daily",
    "FollowOut.title": "公用设施", "FollowOut.what": "101", "NewsOut.status": "open", "NewsOut.words": None,
    "SurveyAreaOut.code": "440301001001", "SurveyAreaOut.name": "南塘社区", "TodoOut.area": "44030100100101",
    "TodoOut.case": None, "TodoOut.form": "charging", "TodoOut.kind": "survey", "TodoOut.metres": 120,
    "TodoOut.overdue": False, "TodoOut.text": "逐户查看", "TodoOut.title": "充电隐患专项普查：第一网格",
    "TodoOut.urgent": False,
    **{f"{shape}.{name}": value for shape in ("DataRequestOut", "StaffRequestOut") for name, value in {
        "wish": "export", "state": "done", "ruling": None,
        "copy": f"/api/v1/data/{ID}/copy?expires=1772500000&signature=mF3kq0"}.items()},
    "StaffRequestOut.reason": "来电要求，已回拨核对本人", "StaffRequestOut.copy": None, "StaffRequestOut.overdue": False,
    "RetentionRuleOut.name": "messages", "RetentionRuleOut.zh": "发出的消息", "RetentionRuleOut.en": "messages",
    "RetentionRuleOut.days": 365, "RetentionRunOut.rule": "messages", "RetentionRunOut.days": 365, "RetentionRunOut.count": 120,
    "TrackOut.points": [[114.0579, 22.5431, 8.0, 1772416800000]], "WordsOut.note": "无人在家", "WordsOut.values": {},
    "PictureOut.link": PHOTO.replace("/320", "/1600"), "CallOut.kind": "gas", "CallOut.number": "119",
    "CallOut.words": "请勿开关电器、勿用明火，开窗离开后拨打 119（燃气抢修）。",
    "ChoiceOut.name": "上水井盖", "ChoiceOut.call": None,
    "GroupOut.code": "101", "GroupOut.kind": "component", "GroupOut.name": "公用设施", "GuessOut.call": None,
    "GuessOut.confidence": 0.82, "GuessOut.group": "公用设施", "GuessOut.name": "上水井盖",
    **{f"{shape}.{name}": value for shape in ("EntryOut", "EntryWithChangesOut") for name, value in {
        "kind": "phone", "value": "138****0000", "effect": "hold", "reason": "多次虚假上报", "ended_at": None,
        "objection": None, "objected_at": None}.items()},
    "EntryChangeOut.what": "added", "EntryChangeOut.words": "多次虚假上报", "MarkOut.withdrawn_at": None,
    "ProgressOut.notice": None, "RatedOut.notice": None,
    "MarkOut.reason": "现场不存在该问题", "ReceiptOut.held": False, "ReceiptOut.call": None,
    **{f"{shape}.{name}": value
       for shape, said in (OPEN311 | COMMUNITY | MODERATION | PERFORMANCE | COCKPIT | REPORTS).items()
       for name, value in said.items()},
    **{f"{shape}.{name}": value for shape in ("SurveyOut", "SurveyWithProgressOut") for name, value in {
        "kind": "survey", "title": "充电隐患专项普查", "text": "逐户查看", "area": "440301", "register": None,
        "form": "charging", "cancelled_at": None}.items()}}
PLAIN: list[tuple[type[ma.fields.Field[Any]], Any]] = [
    (Place, {"lon": 114.0579, "lat": 22.5431}), (Moment, "2026-03-02T02:00:00Z"), (ma.fields.DateTime, "2026-03-02T02:00:00Z"),
    (ma.fields.Date, "2026-03-02"), (ma.fields.UUID, ID), (ma.fields.Boolean, True), (ma.fields.Integer, 1),
    (ma.fields.Float, 1.5)]
UNSAID = "…"
"""What stands where no word is known; a test finds it."""


def example_of(schema: ma.Schema) -> Any:
    """An answer of this shape, as JSON."""
    made = {field.data_key or name: _value(type(schema).__name__, name, field) for name, field in schema.fields.items()}
    return [made] if schema.many else made


def _value(shape: str, name: str, field: ma.fields.Field[Any]) -> Any:
    if f"{shape}.{name}" in EXACTLY:
        return EXACTLY[f"{shape}.{name}"]
    if isinstance(field, ma.fields.List):
        return [_value(shape, name, field.inner)]
    if isinstance(field, ma.fields.Nested):
        return example_of(field.schema)
    plain = next((value for kind, value in PLAIN if isinstance(field, kind)), UNSAID)
    said = WORDS.get(name, plain)
    text = isinstance(field, (ma.fields.String, ma.fields.Dict, ma.fields.Enum, ma.fields.Date))
    return said if text or type(said) is type(plain) else plain
