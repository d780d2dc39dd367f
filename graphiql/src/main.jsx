import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { AccessTokenKeeper, noticing } from "./access_token.jsx";
import "./page.css";
import "./workers.js";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";

// Relative to the page; the router writes its own path into the page when it has another.
const { content: path } = document.querySelector("meta[name=graphql-endpoint]");
const endpoint = new URL(path, document.baseURI);
const subscriptionEndpoint = new URL(endpoint);
subscriptionEndpoint.protocol = endpoint.protocol === "https:" ? "wss:" : "ws:";

const fetcher = noticing(
  createGraphiQLFetcher({
    url: endpoint.href,
    subscriptionUrl: subscriptionEndpoint.href,
    enableIncrementalDelivery: false, // the router sends answers whole
  }),
);
const plugins = [HISTORY_PLUGIN, explorerPlugin()];

/** What a first visit shows; the router may serve a tour of its own graph under this name. */
async function welcome() {
  const answer = await fetch(new URL("graphiql/welcome.graphql", document.baseURI));
  return answer.ok ? answer.text() : undefined;
}

function Page({ defaultQuery }) {
  return (
    <GraphiQL
      fetcher={fetcher}
      plugins={plugins}
      defaultQuery={defaultQuery}
      defaultEditorToolsVisibility="headers"
      isHeadersEditorEnabled
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        GraphiQL
        <AccessTokenKeeper />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

const defaultQuery = await welcome().catch(() => undefined);
createRoot(document.getElementById("graphiql")).render(<Page defaultQuery={defaultQuery} />);
