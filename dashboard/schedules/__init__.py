"""Schedules that are made in the console: kept in Django's database, and declared to the engine from there.

``records`` is the model, ``force`` brings it into force, ``form`` is what people fill in, ``listing`` what they see.
"""
