"""The parts of a score as functions of time: decay laws, inactivity, combinations, presentation."""
