// Prints every audit that does not pass, one JSON object a line, then a summary.
// Usage: node audit.mjs URL
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });
const failures = results.filter((result) => result.status !== "ok");
for (const { id, name, status, reason } of failures) {
  console.log(JSON.stringify({ id, name, status, reason: String(reason) }));
}
console.log(JSON.stringify({ total: results.length, passed: results.length - failures.length }));
