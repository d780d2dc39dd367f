"""A small supergraph with authorization and cost directives, for tests of policies and pipeline."""

from __future__ import annotations

from router.supergraph import Supergraph, load_supergraph

SDL = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost", "@listSize"])
{ query: Query mutation: Mutation }

directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @policy(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM

scalar join__FieldSet
scalar link__Import
scalar policy__Policy
scalar requiresScopes__Scope
enum link__Purpose { SECURITY EXECUTION }

enum join__Graph {
  AUTH @join__graph(name: "auth", url: "http://auth.invalid/graphql")
  TASKS @join__graph(name: "tasks", url: "http://tasks.invalid/graphql")
}

type Query @join__type(graph: AUTH) @join__type(graph: TASKS) {
  me: User @join__field(graph: AUTH)
  version: String @join__field(graph: AUTH)
  users(first: Int): UserConnection
    @join__field(graph: AUTH)
    @requiresScopes(scopes: [["users:read"]])
    @listSize(assumedSize: 20, slicingArguments: ["first"], sizedFields: ["nodes"], requireOneSlicingArgument: false)
  report: String @join__field(graph: AUTH) @policy(policies: [["auditor"]])
  tasks(first: Int, filter: TaskFilter): TaskConnection
    @join__field(graph: TASKS)
    @authenticated
    @requiresScopes(scopes: [["tasks:read"]])
    @listSize(assumedSize: 20, slicingArguments: ["first"], sizedFields: ["nodes"], requireOneSlicingArgument: false)
  nodes(ids: [ID!]!): [Node] @join__field(graph: TASKS)
  people(first: Int, last: Int, after: Int): [User] @join__field(graph: AUTH) @listSize(slicingArguments: ["first", "last"])
  secret: Secret @join__field(graph: AUTH)
}

type Mutation @join__type(graph: AUTH) @join__type(graph: TASKS) {
  login(name: String!): String @join__field(graph: AUTH) @cost(weight: 50)
  createTask(title: String!): Task @join__field(graph: TASKS) @authenticated
}

interface Node @join__type(graph: AUTH) @join__type(graph: TASKS) { id: ID! note: String @join__field(graph: TASKS) }

type User implements Node
  @join__type(graph: AUTH, key: "id") @join__type(graph: TASKS, key: "id")
  @join__implements(graph: AUTH, interface: "Node") @join__implements(graph: TASKS, interface: "Node")
{
  id: ID!
  note: String @join__field(graph: TASKS) @authenticated
  username: String! @join__field(graph: AUTH)
  email: String! @join__field(graph: AUTH) @requiresScopes(scopes: [["account", "mail"], ["users:read"]])
  friends(first: Int = 7): [User] @join__field(graph: AUTH) @listSize(slicingArguments: ["first"])
  tasks(first: Int): TaskConnection
    @join__field(graph: TASKS)
    @authenticated
    @listSize(assumedSize: 20, slicingArguments: ["first"], sizedFields: ["nodes"], requireOneSlicingArgument: false)
}

type Task implements Node
  @join__type(graph: TASKS, key: "id") @join__implements(graph: TASKS, interface: "Node")
{
  id: ID!
  note: String
  title: String!
  owner: User
}

type Secret @join__type(graph: AUTH) @authenticated { text: String }

type UserConnection @join__type(graph: AUTH) { nodes: [User!]! totalCount: Int! @cost(weight: 5) }
type TaskConnection @join__type(graph: TASKS) { nodes: [Task!]! totalCount: Int! @cost(weight: 5) }

input TaskFilter @join__type(graph: TASKS) { search: String dueAfter: DateTime limit: Int! = 10 }
scalar DateTime @join__type(graph: TASKS) @specifiedBy(url: "https://scalars.graphql.org/andimarek/date-time.html")
"""  # noqa: E501 (directive definitions)


def accounts_supergraph() -> Supergraph:
    return load_supergraph(SDL)
