"""What every process of Airflow shares: its environment, airflow.cfg, its pod."""
