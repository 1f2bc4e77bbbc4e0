"""Sample job types and traffic, to try the console with. Part of a project only where LEVERET_DEMO is set."""
