"""A single-node Kubernetes of plain processes, for the project's own tests. CONTRIBUTING.md says how it is used.

`settings` says where everything is, `programs` builds Kubernetes' programs, `images` the images of the pods,
`certificates` makes the cluster's certificates, `control_plane` and `node` start the processes, `processes` starts and
ends any process, and `volumes` and `network_policies` are two small controllers that a real cluster gets from its
storage and its network.
"""
