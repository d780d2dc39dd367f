import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const here = new URL("./", import.meta.url);
const run = (program, ...args) =>
  execFileSync(`node_modules/.bin/${program}`, args, { cwd: here, encoding: "utf8" });

test("types are generated for every operation, and an application compiles with them", () => {
  run("graphql-codegen", "--config", "codegen.config.mjs");
  const generated = readFileSync(new URL("build/codegen/graphql.ts", here), "utf8");
  for (const file of readdirSync(new URL("../../schema/operations/", here))) {
    if (!file.endsWith(".graphql") || file === "tour.graphql") continue;
    const name = file.replace(".graphql", "").replaceAll(/(^|-)./g, (c) => c.at(-1).toUpperCase());
    assert.match(generated, new RegExp(`export type ${name}(Query|Mutation) =`));
  }
  run("tsc", "--project", "tsconfig.json");
});
