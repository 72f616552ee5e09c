"""The settings of the PostgreSQL that comes along. How it is started and guarded: see postgres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SOCKET_PORT: Final = 5432

# Everything that differs from the server's defaults. A file `custom.conf` beside the cluster goes over it.
CONFIGURATION: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "port": str(SOCKET_PORT),
    "unix_socket_permissions": "0700",
    "cluster_name": "invekto",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "8MB",
    # An answer to a provider means that the message survives a crash.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "wal_compression": "off",
    "wal_buffers": "16MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    # A new desk's tables grow from nothing: until their statistics come, a statement may read the wrong index of them.
    "autovacuum_naptime": "10s",
    # The event stream reads below the oldest open transaction: a forgotten one must not stop it.
    "idle_in_transaction_session_timeout": "60s",
    "max_prepared_transactions": "0",
    "client_connection_check_interval": "5s",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # Details and parameters hold people's values.
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_duration_statement": "2s",
}
