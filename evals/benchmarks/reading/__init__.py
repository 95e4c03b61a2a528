"""Outside pages and articles as they are read: cleaning, metadata, stories."""
