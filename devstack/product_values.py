"""What this product sets on the router, which by itself is made for any graph.

The same values stand in docker-compose.yml (a test compares them) and in `.env.example`.
"""

from collections.abc import Mapping

ROUTER_VALUES: Mapping[str, str] = {
    "ROUTER_MAX_DEPTH": "10",
    "ROUTER_MAX_ALIASES": "15",
    "ROUTER_MAX_ROOT_FIELDS": "20",
    "ROUTER_MAX_TOKENS": "2000",
    "ROUTER_MAX_COST": "2000",
    "ROUTER_MAX_BODY": "100KiB",
    "ROUTER_TIMEOUT": "10s",
    "ROUTER_SINGLE_MUTATIONS": "register,login,refreshTokens",
    "ROUTER_GRAPHIQL_WELCOME": "schema/operations/tour.graphql",
    "ROUTER_CORS_ORIGINS": "http://localhost:*,http://127.0.0.1:*",
    "ROUTER_RATE_LIMIT_ANONYMOUS": "300/1m",
    "ROUTER_RATE_LIMIT_USER": "600/1m",
}
