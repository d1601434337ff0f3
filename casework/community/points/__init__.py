"""积分: what counts and how much (rules), a ledger that only grows, what follows from cases, and what points are spent on."""
