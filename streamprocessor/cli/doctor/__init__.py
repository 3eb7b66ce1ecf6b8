"""`streamprocessor doctor`: what is looked at, a module for each place, and the lines that say what was found."""
