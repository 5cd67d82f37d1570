import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// One classic script: dist/widget/loader.js. The folder is shared with the widget, so it is not emptied.
export default defineConfig({
  publicDir: false,
  build: {
    outDir: fileURLToPath(new URL("../../dist/widget", import.meta.url)),
    emptyOutDir: false,
    lib: {
      entry: fileURLToPath(new URL("./src/main.ts", import.meta.url)),
      formats: ["iife"],
      name: "zhikeLoader",
      fileName: () => "loader.js",
    },
  },
});
