"""What a text says, whatever is asked: words, names, figures, dates, quotations."""
