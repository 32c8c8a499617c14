"""What writes runs: training, recording, continuing, projecting."""
