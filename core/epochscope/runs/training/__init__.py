"""Everything that writes runs: training, recording, continuing, projecting."""
