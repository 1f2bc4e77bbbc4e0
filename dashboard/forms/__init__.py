"""From a handler's JSON Schema to a form, and from what was typed back to a payload.

``shapes`` reads the schema. The state of a form is one flat mapping of text, as a browser posts it: ``writing`` writes
a value into it, ``reading`` makes a value and its errors of it, ``rows`` changes it (an item more, another variant),
``fields`` binds it for a template.
"""
