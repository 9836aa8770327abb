"""What comes of a study: its report, part by part. Nothing here reads the database."""
