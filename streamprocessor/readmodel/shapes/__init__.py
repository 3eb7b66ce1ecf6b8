"""What answers look like, for the OpenAPI document: a module for each subject."""
