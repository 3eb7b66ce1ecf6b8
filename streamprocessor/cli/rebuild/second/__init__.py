"""`rebuild --into`: a second table under an application of its own, which takes the place of the first one."""
