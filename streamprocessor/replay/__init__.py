"""What another model would make of what there is: of contacts as they are, and of all that ever came."""
