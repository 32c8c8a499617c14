"""What several test modules share; nothing in here is a test."""
