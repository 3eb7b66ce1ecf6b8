"""`streamprocessor rebuild`: the table of contacts made anew, of another table or of the input topics."""
