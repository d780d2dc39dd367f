"""The schema of this subgraph."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from auth_subgraph.api.access import AccessMutations
from auth_subgraph.api.account import AccountMutations
from auth_subgraph.api.administration import AdministrationMutations
from auth_subgraph.api.query import Query
from auth_subgraph.api.user import User
from subgraph_kit.entities import BatchingSchema
from subgraph_kit.types import SCALARS


@strawberry.type
class Mutation(AccessMutations, AccountMutations, AdministrationMutations):
    pass


schema = BatchingSchema(
    query=Query,
    mutation=Mutation,
    types=[User],
    federation_version="2.9",
    config=StrawberryConfig(scalar_map=SCALARS),  # type: ignore[arg-type]
)
