"""Programs that run inside the pods, beside Airflow. They use what the Airflow image has, and import no Airflow.

An import of Airflow costs about two seconds of CPU; these cost a tenth of that.
"""
