"""Clocks: how long each stage of a case may take, when that time is up, and who hears of it."""
