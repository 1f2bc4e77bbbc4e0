"""Tells people of what needs attention: by mail, by webhook, by signal."""
