"""权责: which department leads and which assist, by category, area, ownership and time."""
from casework.responsibility.rules import Decision, Question, Rule, add_rule, find, find_many, retire_rule

__all__ = ["Decision", "Question", "Rule", "add_rule", "find", "find_many", "retire_rule"]
