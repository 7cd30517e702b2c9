"""The vocabulary of all deployments: names, pods, workloads, volumes, access. Nothing here names a component."""
