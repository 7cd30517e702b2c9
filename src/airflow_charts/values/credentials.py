"""Where credentials come from. Each one is, in this order: a key of an existing Secret, a literal, or generated."""

from __future__ import annotations

from airflow_charts.values.base import ObjectName, SecretKey, Section


class Credential(Section):
    """A secret text.

    Leave all empty and the chart generates it once, into a Secret that survives upgrades, rollbacks and uninstalls.
    """

    existing_secret: ObjectName = ""
    """The name of an existing Secret that holds it."""
    key: SecretKey
    """Its key in the existing Secret."""
    value: str = ""
    """The text itself. For trials: it is stored in the release."""


class Secrets(Section):
    """The keys that the parts of Airflow share, and how missing credentials are generated."""

    generate: bool = True
    """Whether a Job generates every credential that has neither an existing Secret nor a value. It never overwrites."""
    fernet_key: Credential = Credential(key="fernet-key")
    """Encrypts connections and variables in the database: 32 bytes in url-safe base64, as `Fernet.generate_key()`."""
    api_secret_key: Credential = Credential(key="api-secret-key")
    """Signs web sessions and requests for logs (`[api] secret_key`; on Airflow 2 `[webserver] secret_key`)."""
    jwt_secret: Credential = Credential(key="jwt-secret")
    """Signs the tokens of the API and of tasks (`[api_auth] jwt_secret`, Airflow 3)."""
