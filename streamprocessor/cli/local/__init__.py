"""`streamprocessor up`: all processes on this machine, started, supervised and ended together."""
