"""`zhiwang demo`: a district that does not exist, and a day of its life played through the HTTP API only."""
