// Read by relay-compiler only; the tests run what it makes of this.
graphql`
  query TaskListQuery($count: Int!) {
    ...TaskList_query @arguments(count: $count)
  }
`;

graphql`
  fragment TaskList_query on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
  @refetchable(queryName: "TaskListPaginationQuery") {
    tasks(first: $count, after: $cursor) @connection(key: "TaskList_tasks") {
      edges {
        node {
          id
          ...TaskList_task
        }
      }
    }
  }
`;

graphql`
  fragment TaskList_task on Task {
    title
    owner {
      username
    }
  }
`;

graphql`
  mutation TaskListRenameMutation($input: UpdateTaskInput!) {
    updateTask(input: $input) {
      task {
        ...TaskList_task
      }
      userErrors {
        code
      }
    }
  }
`;

graphql`
  mutation TaskListDeleteMutation($id: ID!, $connections: [ID!]!) {
    deleteTask(input: { id: $id }) {
      deletedTaskId @deleteEdge(connections: $connections)
    }
  }
`;
