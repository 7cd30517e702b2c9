"""A local run: the manifests of the chart as plain processes on one machine, without Docker, root or Kubernetes."""
