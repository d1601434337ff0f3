"""ONE table: which lists can be exported, who may, what narrows each, and its columns with headings in both languages.

A list gives pages by key, so a file of a million rows costs no more memory than one of a hundred.
"""
from casework.exports import cases, figures, people, reference, registers, reports, scorecards, warnings
from casework.exports.listing import Listing

LISTS: dict[str, Listing] = {one.name: one for one in (
    cases.CASES, cases.DESK, reports.REPORTS, figures.FIGURES, scorecards.SCORECARDS, registers.ENTRIES, reference.RULES,
    reference.CATEGORIES, reference.TEMPLATES, people.USERS, people.POSTS, people.DEPARTMENTS, people.DUTIES, people.DEVICES,
    people.LOOKS, warnings.WARNINGS)}
"""By name. A new list adds its line here; api, workers and pages know it then."""
