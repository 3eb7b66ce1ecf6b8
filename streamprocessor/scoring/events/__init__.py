"""Events before they are evidence: the properties that are stored, and scanners recognised."""
