"""Programs that run inside the pods, beside Airflow or in its stead. They use what the Airflow image has.

Those beside it import no Airflow, which costs about two seconds of CPU; they cost a tenth of that.
"""
