"""What can be asked for: a module for each subject, and the house that they share."""
