// A person with an account, and tasks, for a test of a client library.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

export const routerUrl = process.env.ROUTER_URL;
export const endpoint = `${routerUrl}/graphql`;

/** The text of one of schema/operations, without its ending. */
export function operation(name) {
  return readFileSync(new URL(`../../schema/operations/${name}.graphql`, import.meta.url), "utf8");
}

/** What the router answers; fails on errors. */
export async function send(query, variables = {}, accessToken = undefined) {
  const headers = { "content-type": "application/json" };
  if (accessToken) headers.authorization = `Bearer ${accessToken}`;
  const body = JSON.stringify({ query, variables });
  const answer = await (await fetch(endpoint, { method: "POST", headers, body })).json();
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

/** Somebody new with tasks of these titles, the last one the newest. */
export async function register(titles = []) {
  const username = `u${randomBytes(6).toString("hex")}`;
  const input = { username, email: `${username}@example.com`, password: "correct horse battery" };
  const { register: payload } = await send(operation("sign-up"), { input });
  const { accessToken, refreshToken } = payload.tokens;
  for (const title of titles) {
    await send(operation("create-task"), { input: { title } }, accessToken);
  }
  return { id: payload.user.id, username, accessToken, refreshToken };
}
