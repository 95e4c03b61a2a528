"""Files of records, which have named fields: JSON, one JSON object a line, and tables (CSV, TSV)."""
