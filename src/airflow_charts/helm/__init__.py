"""The Helm chart: templates, values.yaml, README and NOTES of the traced deployment, and Helm's own engine."""
