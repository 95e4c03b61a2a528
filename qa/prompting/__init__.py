"""What a model is shown of the hits and of earlier turns."""
