"""Files that are tables, CSV, workbooks of Excel and Parquet: a header and rows of cells."""
