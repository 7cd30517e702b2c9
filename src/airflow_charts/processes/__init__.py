"""What every process of Airflow shares: its environment, airflow.cfg, services, keys, its pod."""
