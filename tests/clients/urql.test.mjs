import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, fetchExchange, gql } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { getIntrospectionQuery } from "graphql";

import { endpoint, operation, register, send } from "./person.mjs";

const schema = await send(getIntrospectionQuery());
const listTasks = gql(operation("list-tasks"));

// Types without an id of their own: kept inside their parent.
const embedded = ["TaskConnection", "TaskEdge", "PageInfo", "UserError", "AuthTokens"];

/** A client as an application sets it up: normalised cache, pages joined, token refreshed. */
function clientOf(tokens) {
  const cache = cacheExchange({
    schema,
    keys: Object.fromEntries(embedded.map((name) => [name, () => null])),
    resolvers: { Query: { tasks: relayPagination() } },
    updates: {
      Mutation: {
        createTask: (_payload, _variables, store) => {
          for (const { fieldKey } of listsOfTasks(store)) store.invalidate("Query", fieldKey);
        },
        deleteTask: ({ deleteTask }, _variables, store) => {
          const gone = store.keyOfEntity({ __typename: "Task", id: deleteTask?.deletedTaskId });
          for (const { fieldKey } of listsOfTasks(store)) {
            const list = store.resolve("Query", fieldKey);
            const edges = store.resolve(list, "edges") ?? [];
            store.link(list, "edges", edges.filter((edge) => store.resolve(edge, "node") !== gone));
          }
        },
      },
    },
  });
  const auth = authExchange(async (utilities) => ({
    addAuthToOperation: (sent) =>
      utilities.appendHeaders(sent, { Authorization: `Bearer ${tokens.accessToken}` }),
    didAuthError: ({ graphQLErrors }) =>
      graphQLErrors.some(({ extensions }) => extensions.code === "UNAUTHENTICATED"),
    refreshAuth: async () => {
      const { refreshToken } = tokens;
      const { data } = await utilities.mutate(operation("refresh-tokens"), { refreshToken });
      tokens.renewals = (tokens.renewals ?? 0) + 1;
      Object.assign(tokens, data.refreshTokens.tokens);
    },
  }));
  return new Client({ url: endpoint, preferGetMethod: false, exchanges: [cache, auth, fetchExchange] });
}

const listsOfTasks = (store) =>
  store.inspectFields("Query").filter(({ fieldName }) => fieldName === "tasks");

async function answer(request) {
  const result = await request.toPromise();
  assert.equal(result.error, undefined);
  return result.data;
}

const titles = (data) => data.tasks.edges.map(({ node }) => node.title);

test("a mutation's answer changes the task in the cached list by its id", async () => {
  const client = clientOf(await register(["old title"]));
  const data = await answer(client.query(listTasks, {}));
  const { id } = data.tasks.edges[0].node;
  await answer(client.mutation(operation("edit-task"), { input: { id, title: "title of today" } }));
  const cached = client.readQuery(listTasks, {});
  assert.deepEqual(titles(cached.data), ["title of today"]);
});

test("the pages of a list are joined in the cache", async () => {
  const client = clientOf(await register(["1", "2", "3"]));
  const { tasks } = await answer(client.query(listTasks, { first: 2 }));
  const after = tasks.pageInfo.endCursor;
  const both = await answer(client.query(listTasks, { first: 2, after }));
  assert.deepEqual(titles(both), ["3", "2", "1"]);
  assert.equal(both.tasks.pageInfo.hasNextPage, false);
});

test("a new task is in the list, and a deleted one leaves joined pages", async () => {
  const client = clientOf(await register(["1", "2", "3"]));
  const { tasks } = await answer(client.query(listTasks, { first: 2 }));
  const nextPage = { first: 2, after: tasks.pageInfo.endCursor };
  await answer(client.query(listTasks, nextPage));
  await answer(client.mutation(operation("delete-task"), { id: tasks.edges[0].node.id }));
  assert.deepEqual(titles(client.readQuery(listTasks, nextPage).data), ["2", "1"]);
  await answer(client.mutation(operation("create-task"), { input: { title: "4" } }));
  assert.deepEqual(titles(await answer(client.query(listTasks, {}))), ["4", "2", "1"]);
});

test("a refused token is refreshed once and the query sent again", async () => {
  const person = await register(["mine"]);
  const tokens = { ...person, accessToken: `${person.accessToken.slice(0, -6)}AAAAAA` };
  assert.deepEqual(titles(await answer(clientOf(tokens).query(listTasks, {}))), ["mine"]);
  assert.equal(tokens.renewals, 1);
});

test("a query is also answered to GET", async () => {
  const client = clientOf(await register(["mine"]));
  const data = await answer(client.query(listTasks, {}, { preferGetMethod: "force" }));
  assert.deepEqual(titles(data), ["mine"]);
});
