"""The servers of WeChat: tokens, files, messages; every answer of theirs is HTTP 200, the errcode says what it is."""
