"""The case: what was said, what it became, who may move it, and the line that every move leaves behind."""
