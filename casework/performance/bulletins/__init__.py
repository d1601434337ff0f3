"""简报 Bulletins, after 《数字禅城》: weekly and monthly, with charts and sentences that state what changed."""
