"""What a question asks, whatever the articles say: parts, periods, outlets."""
