// Compiled, never run: what an application may and may not do with the generated types.
import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";
import { ListTasksDocument, TasksWithOwnerDocument } from "./build/codegen/graphql.js";

type Page = NonNullable<ResultOf<typeof ListTasksDocument>["tasks"]>;
type Owner = NonNullable<ResultOf<typeof TasksWithOwnerDocument>["tasks"]>["nodes"][number]["owner"];

export function title(page: Page): string {
  return page.edges[0].node.title;
}

export function dueAt(page: Page): string {
  // @ts-expect-error -- a task may have no due date
  return page.edges[0].node.dueAt;
}

export function name(owner: Owner): string | undefined {
  return owner?.username;
}

export const variables: VariablesOf<typeof ListTasksDocument> = {
  first: 10,
  filter: { statuses: ["TODO" as never] },
};
