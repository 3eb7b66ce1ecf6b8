"""`streamprocessor backup` and `restore`: the data folder of `up` as one file, and back, proven to be whole."""
