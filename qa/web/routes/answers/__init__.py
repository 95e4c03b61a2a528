"""The routes of stored answers: for programs in `api`, for people in `page`."""
