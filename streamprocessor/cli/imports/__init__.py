"""`streamprocessor import`: a file looked at, sent, and gone on with after a kill."""
