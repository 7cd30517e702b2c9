"""Values to Kubernetes objects: one file per component. Pure descriptions: no I/O, no `if` on a value."""
