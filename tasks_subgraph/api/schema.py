"""The schema of this subgraph."""

from strawberry.schema.config import StrawberryConfig

from subgraph_kit.entities import BatchingSchema
from subgraph_kit.types import SCALARS
from tasks_subgraph.api.mutations import Mutation
from tasks_subgraph.api.queries import Query
from tasks_subgraph.api.task import User

schema = BatchingSchema(
    query=Query,
    mutation=Mutation,
    types=[User],
    config=StrawberryConfig(scalar_map=SCALARS),  # type: ignore[arg-type]
    federation_version="2.9",
)
