"""Votes counted: what is published and when, a line a day, recounts, and rescoring by the clock."""
