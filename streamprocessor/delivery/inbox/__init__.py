"""The hot-lead inbox at work: leads get owners, and people are told, each time once and at hours that suit them."""
