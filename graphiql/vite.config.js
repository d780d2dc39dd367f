import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Vite lists the packages of the page's own bundle; these arrive inside a worker, as a font or
// inside another package, where it does not look.
const FURTHER_NOTICES = [
  ["monaco-editor, third-party notices", "monaco-editor/ThirdPartyNotices.txt"],
  ["picomatch-browser", "picomatch-browser/LICENSE"],
  ["Fira Code, the font", "@fontsource/fira-code/LICENSE"],
  ["Roboto, the font", "@fontsource/roboto/LICENSE"],
];

const furtherNotices = {
  name: "further-notices",
  generateBundle() {
    const source = FURTHER_NOTICES.map(
      ([title, path]) => `${title}\n\n${readFileSync(`node_modules/${path}`, "utf8")}`,
    ).join("\n\n");
    this.emitFile({ type: "asset", fileName: "graphiql/notices.txt", source });
  },
};

// `base` is relative and the endpoint is found from the page's own address, so that the router may
// stand behind any path prefix.
export default defineConfig({
  base: "./",
  plugins: [react(), furtherNotices],
  build: {
    outDir: "../router/server/static",
    assetsDir: "graphiql",
    emptyOutDir: true,
    chunkSizeWarningLimit: 8000,
    license: { fileName: "graphiql/licences.md" },
    rolldownOptions: {
      onwarn(warning, report) {
        // "use no memo" is for React's compiler, which has already run in these packages.
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") report(warning);
      },
    },
  },
  worker: { format: "es" },
});
