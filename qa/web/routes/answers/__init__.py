"""The routes of what is kept of answers: for programs in `api`, for people in `page`."""
