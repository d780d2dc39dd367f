import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  ApolloClient,
  ApolloLink,
  CombinedGraphQLErrors,
  HttpLink,
  InMemoryCache,
  gql,
} from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";
import { filter, firstValueFrom, from, switchMap } from "rxjs";

import { endpoint, operation, register } from "./person.mjs";

const listTasks = gql(operation("list-tasks"));

/** A client as an application sets it up: the token in a header, refreshed when it is refused. */
function clientOf(tokens) {
  const attach = new SetContextLink(({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${tokens.accessToken}` },
  }));
  const refresh = new ErrorLink(({ error, operation: failed, forward }) => {
    const isRefused =
      CombinedGraphQLErrors.is(error) &&
      error.errors.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED");
    if (!isRefused || failed.getContext().isRetry) return undefined;
    failed.setContext({ isRetry: true });
    return from(renew(tokens)).pipe(switchMap(() => forward(failed)));
  });
  return new ApolloClient({
    link: ApolloLink.from([refresh, attach, new HttpLink({ uri: endpoint })]),
    cache: new InMemoryCache({
      typePolicies: {
        Query: { fields: { tasks: relayStylePagination(["filter", "orderBy"]) } },
      },
    }),
  });
}

async function renew(tokens) {
  const plain = new ApolloClient({
    link: new HttpLink({ uri: endpoint, headers: { authorization: "Bearer long.gone.token" } }),
    cache: new InMemoryCache(),
  });
  const { data } = await plain.mutate({
    mutation: gql(operation("refresh-tokens")),
    variables: { refreshToken: tokens.refreshToken },
  });
  tokens.renewals = (tokens.renewals ?? 0) + 1;
  Object.assign(tokens, data.refreshTokens.tokens);
}

const titles = (data) => data.tasks.edges.map(({ node }) => node.title);

test("a mutation's answer changes the task in the cached list by its id", async () => {
  const client = clientOf(await register(["old title"]));
  const { data } = await client.query({ query: listTasks });
  const { id } = data.tasks.edges[0].node;
  await client.mutate({
    mutation: gql(operation("edit-task")),
    variables: { input: { id, title: "title of today" } },
  });
  assert.deepEqual(titles(client.readQuery({ query: listTasks })), ["title of today"]);
});

test("the pagination helper joins the pages", async () => {
  const client = clientOf(await register(["1", "2", "3", "4", "5"]));
  const list = client.watchQuery({ query: listTasks, variables: { first: 2 } });
  const showing = (count) =>
    firstValueFrom(from(list).pipe(filter(({ data }) => data?.tasks.edges.length === count)));
  const subscription = list.subscribe({});
  let { tasks } = (await showing(2)).data;
  for (const count of [4, 5]) {
    assert.equal(tasks.pageInfo.hasNextPage, true);
    await list.fetchMore({ variables: { after: tasks.pageInfo.endCursor } });
    ({ tasks } = (await showing(count)).data);
  }
  assert.deepEqual(titles({ tasks }), ["5", "4", "3", "2", "1"]);
  assert.equal(tasks.pageInfo.hasNextPage, false);
  subscription.unsubscribe();
});

test("a new task is put into the list, and a deleted one leaves it", async () => {
  const client = clientOf(await register(["1", "2"]));
  const { data } = await client.query({ query: listTasks });
  await client.mutate({
    mutation: gql(operation("create-task")),
    variables: { input: { title: "3" } },
    update: (cache, { data: { createTask } }) => {
      const edge = { __typename: "TaskEdge", cursor: "", node: createTask.task };
      cache.updateQuery({ query: listTasks }, ({ tasks }) => ({
        tasks: { ...tasks, edges: [edge, ...tasks.edges] },
      }));
    },
  });
  await client.mutate({
    mutation: gql(operation("delete-task")),
    variables: { id: data.tasks.edges[0].node.id },
    update: (cache, { data: { deleteTask } }) => {
      cache.evict({ id: cache.identify({ __typename: "Task", id: deleteTask.deletedTaskId }) });
    },
  });
  assert.deepEqual(titles(client.readQuery({ query: listTasks })), ["3", "1"]);
});

test("a refused token is refreshed once and the query sent again", async () => {
  const person = await register(["mine"]);
  const tokens = { ...person, accessToken: `${person.accessToken.slice(0, -6)}AAAAAA` };
  const { data } = await clientOf(tokens).query({ query: listTasks });
  assert.deepEqual(titles(data), ["mine"]);
  assert.equal(tokens.renewals, 1);
  assert.notEqual(tokens.refreshToken, person.refreshToken);
});

test("owners of tasks and the current user are one object of the cache", async () => {
  const person = await register(["a", "b"]);
  const client = clientOf(person);
  await client.query({ query: gql(operation("tasks-with-owner")) });
  await client.query({ query: gql(operation("me")) });
  const users = Object.keys(client.cache.extract()).filter((key) => key.startsWith("User:"));
  assert.deepEqual(users, [`User:${person.id}`]);
});

test("a query's text is sent once, then its hash", async () => {
  const { accessToken } = await register(["mine"]);
  const sent = [];
  const persisted = new PersistedQueryLink({
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    useGETForHashedQueries: true,
  });
  const http = new HttpLink({
    uri: endpoint,
    headers: { authorization: `Bearer ${accessToken}` },
    fetch: (url, options) => {
      sent.push(options.body ? `${options.method} text` : options.method);
      return fetch(url, options);
    },
  });
  const link = ApolloLink.from([persisted, http]);
  // A name of its own: nobody has sent this text before.
  const query = gql(operation("list-tasks").replace("ListTasks", `ListTasks${Date.now()}`));
  for (const cache of [new InMemoryCache(), new InMemoryCache()]) {
    const { data } = await new ApolloClient({ link, cache }).query({ query });
    assert.deepEqual(titles(data), ["mine"]);
  }
  assert.deepEqual(sent, ["GET", "POST text", "GET"]);
});
