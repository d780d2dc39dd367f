// Hive Gateway as a drop-in for the router: it passes on what identifies the client.
const passedOn = ["authorization", "accept-language", "x-forwarded-for"];

export const gatewayConfig = {
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) =>
      Object.fromEntries(
        passedOn.flatMap((name) => {
          const value = request.headers.get(name);
          return value === null ? [] : [[name, value]];
        }),
      ),
  },
};
