// The supergraph that the open composer makes: node compose.mjs NAME=SDL_FILE ...
import { readFileSync } from "node:fs";
import { composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";

const services = process.argv.slice(2).map((argument) => {
  const [name, file] = argument.split("=");
  return { name, url: `http://${name}`, typeDefs: parse(readFileSync(file, "utf8")) };
});
const { errors, supergraphSdl } = composeServices(services);
if (errors) {
  console.error(errors.map((error) => error.message).join("\n"));
  process.exit(1);
}
process.stdout.write(supergraphSdl);
