"""权责: which department leads and which assist, by category, area, ownership and time."""
from casework.responsibility.coverage import Gap, Overlap, gaps, overlaps
from casework.responsibility.decisions import Decision, Question, find, find_many
from casework.responsibility.rules import Rule, add_rule, living, retire_rule
from casework.responsibility.sheets import RulesReport, export_csv, export_xlsx, import_csv, import_xlsx

__all__ = ["Decision", "Gap", "Overlap", "Question", "Rule", "RulesReport", "add_rule", "export_csv", "export_xlsx",
           "find", "find_many", "gaps", "import_csv", "import_xlsx", "living", "overlaps", "retire_rule"]
