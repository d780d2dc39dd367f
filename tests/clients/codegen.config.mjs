// graphql-codegen over the running router and every operation that clients are known to send.
export default {
  schema: `${process.env.ROUTER_URL}/graphql`,
  documents: "../../schema/operations/*.graphql",
  generates: {
    "build/codegen/": {
      preset: "client",
      config: { scalars: { DateTime: "string" }, strictScalars: true, useTypeImports: true },
    },
  },
};
