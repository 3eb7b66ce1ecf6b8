"""What a score is: values in, values out; no clock, no I/O."""
