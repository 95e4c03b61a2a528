"""Files of records, which have named fields: JSON, one JSON object a line, and tables (CSV, TSV).

`record` says which articles a value holds and which of their fields is what; `json_files` and `tables` read the files.
A record that goes by other names than those known is read with the names that QA_FIELDS gives (`FieldNames`).
"""
