"""What is woven into many pods: one file for a feature."""
