"""Every operation of schema/operations, sent to the running stack as its client would."""

from devstack.stack import Stack
from tests.support.graph_client import GraphClient
from tests.support.known_operations import OPERATIONS, TOUR, Story, tell_all


async def test_every_operation_is_answered(stack: Stack) -> None:
    async with GraphClient(stack.router_url) as client:
        story = Story(client)
        await tell_all(story)
    assert story.sent | {TOUR} == {file.stem for file in OPERATIONS.glob("*.graphql")}
