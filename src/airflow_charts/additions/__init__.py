"""What is woven into many pods: one file for a feature.

`processes/airflow_pod.py` and `components/kubernetes_executor.py` weave them in.
"""
