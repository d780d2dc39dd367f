import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { before, test } from "node:test";
import { buildClientSchema, getIntrospectionQuery, printSchema } from "graphql";
import compiler from "relay-compiler";
import runtime from "relay-runtime";

import { endpoint, register, send } from "./person.mjs";

const { ConnectionHandler, Environment, Network, RecordSource, Store } = runtime;
const { commitMutation, createOperationDescriptor, fetchQuery, getSelector } = runtime;

// Below this folder, so that what the compiler writes finds its packages.
const build = new URL("./build/relay/", import.meta.url);
const artifacts = {};
const require = createRequire(import.meta.url);

/** Compile relay/TaskList.js against the schema that the router answers to introspection. */
async function compile() {
  rmSync(build, { recursive: true, force: true });
  mkdirSync(build, { recursive: true });
  cpSync(new URL("./relay/", import.meta.url), new URL("src/", build), { recursive: true });
  const schema = buildClientSchema(await send(getIntrospectionQuery()));
  writeFileSync(new URL("schema.graphql", build), printSchema(schema));
  writeFileSync(new URL("package.json", build), JSON.stringify({ type: "commonjs" }));
  const config = {
    src: "./src",
    schema: "./schema.graphql",
    language: "javascript",
    eagerEsModules: false,
  };
  writeFileSync(new URL("relay.config.json", build), JSON.stringify(config));
  execFileSync(compiler, ["relay.config.json"], { cwd: build, stdio: "pipe" });
  const names = ["Query", "PaginationQuery", "RenameMutation", "DeleteMutation", "_query", "_task"];
  for (const name of names) {
    artifacts[name] = require(`./build/relay/src/__generated__/TaskList${name}.graphql.js`);
  }
}

function environmentOf({ accessToken }) {
  const network = Network.create(({ text }, variables) =>
    send(text, variables, accessToken).then((data) => ({ data })),
  );
  return new Environment({ network, store: new Store(new RecordSource()) });
}

/** Read the compiled list from the store, as its component would. */
function shown(environment, variables) {
  const query = createOperationDescriptor(artifacts.Query, variables);
  environment.retain(query);
  const root = environment.lookup(query.fragment).data;
  const { tasks } = environment.lookup(getSelector(artifacts._query, root)).data;
  const rows = tasks.edges.map(
    ({ node }) => environment.lookup(getSelector(artifacts._task, node)).data,
  );
  return { rows, ids: tasks.edges.map(({ node }) => node.id), pageInfo: tasks.pageInfo };
}

before(compile);

test("a compiled query fills the store, and its fragments read from it", async () => {
  const person = await register(["a", "b"]);
  const environment = environmentOf(person);
  await fetchQuery(environment, artifacts.Query, { count: 5 }).toPromise();
  const owner = { username: person.username };
  assert.deepEqual(shown(environment, { count: 5 }).rows, [
    { title: "b", owner },
    { title: "a", owner },
  ]);
});

test("the pagination fragment appends its pages to the connection", async () => {
  const environment = environmentOf(await register(["1", "2", "3"]));
  const variables = { count: 2 };
  await fetchQuery(environment, artifacts.Query, variables).toPromise();
  const first = shown(environment, variables);
  assert.equal(first.pageInfo.hasNextPage, true);
  const page = { count: 2, cursor: first.pageInfo.endCursor };
  await fetchQuery(environment, artifacts.PaginationQuery, page).toPromise();
  const { rows, pageInfo } = shown(environment, variables);
  assert.deepEqual(rows.map((row) => row.title), ["3", "2", "1"]);
  assert.equal(pageInfo.hasNextPage, false);
});

function mutate(environment, mutation, variables) {
  return new Promise((onCompleted, onError) =>
    commitMutation(environment, { mutation, variables, onCompleted, onError }),
  );
}

test("a mutation's answer changes the record that the list shows", async () => {
  const environment = environmentOf(await register(["old"]));
  await fetchQuery(environment, artifacts.Query, { count: 2 }).toPromise();
  const [id] = shown(environment, { count: 2 }).ids;
  await mutate(environment, artifacts.RenameMutation, { input: { id, title: "today's" } });
  assert.deepEqual(shown(environment, { count: 2 }).rows.map((row) => row.title), ["today's"]);
});

test("a deleted task leaves the connection", async () => {
  const environment = environmentOf(await register(["stays", "goes"]));
  await fetchQuery(environment, artifacts.Query, { count: 2 }).toPromise();
  const [id] = shown(environment, { count: 2 }).ids;
  const connections = [ConnectionHandler.getConnectionID("client:root", "TaskList_tasks")];
  await mutate(environment, artifacts.DeleteMutation, { id, connections });
  assert.deepEqual(shown(environment, { count: 2 }).rows.map((row) => row.title), ["stays"]);
});
