"""Ask the known questions of the service that serves users: `runner` asks."""
