import { useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

const listeners = new Set();

/** A fetcher that tells of access tokens in answers. */
export function noticing(fetcher) {
  return async (...request) => {
    const answer = await fetcher(...request);
    const token = accessTokenOf(answer?.data);
    if (token) for (const tell of listeners) tell(token);
    return answer;
  };
}

/** Puts the access token of a login into the Authorization header of what is sent next. */
export function AccessTokenKeeper() {
  const editor = useGraphiQL(({ headerEditor }) => headerEditor);
  useEffect(() => {
    const keep = (token) => {
      const headers = headersOf(editor?.getValue());
      if (!headers) return;
      const name = Object.keys(headers).find((key) => key.toLowerCase() === "authorization");
      headers[name ?? "Authorization"] = `Bearer ${token}`;
      editor.setValue(JSON.stringify(headers, null, 2));
    };
    listeners.add(keep);
    return () => listeners.delete(keep);
  }, [editor]);
  return null;
}

/** The headers as written; nothing where there is no editor or its text is unfinished. */
function headersOf(text) {
  if (text === undefined) return undefined;
  try {
    return text.trim() ? JSON.parse(text) : {};
  } catch {
    return undefined;
  }
}

function accessTokenOf(value) {
  if (typeof value !== "object" || value === null) return undefined;
  if (typeof value.accessToken === "string") return value.accessToken;
  for (const inner of Object.values(value)) {
    const token = accessTokenOf(inner);
    if (token) return token;
  }
  return undefined;
}
