"""Text to documents: values files as Go reads YAML, `--set`, and how Helm lays documents over each other."""
