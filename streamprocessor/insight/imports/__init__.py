"""Readers that turn files into events, and the importer that sends them. A file read twice gives the same ids."""
