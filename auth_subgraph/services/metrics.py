"""Numbers about log-ins and passwords, for alerts on guessing and on overload."""

from prometheus_client import Counter, Gauge

LOGINS = Counter("auth_logins_total", "Log-ins tried, by how they ended.", ["outcome"])
REFRESHES = Counter("auth_refreshes_total", "Refresh tokens presented, by verdict.", ["verdict"])
HASHES_WAITING = Gauge(
    "auth_password_hashes_waiting", "Password hashes running or waiting.", multiprocess_mode="sum"
)
