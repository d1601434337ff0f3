"""From a report to a case: by rule where the rule is sure, else by a person at the triage desk."""
