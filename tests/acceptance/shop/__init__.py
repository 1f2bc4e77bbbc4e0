"""An app as a team would install it, with job types whose ends a test can steer through files."""
