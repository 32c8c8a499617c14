"""What is done with stored runs: listing, comparing, deleting, summarizing."""
