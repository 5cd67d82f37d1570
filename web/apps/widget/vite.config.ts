import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

// The folder is shared with the loader, so the build script removes only what is the widget's.
export default defineConfig({
  base: "/widget/",
  plugins: [vue()],
  define: { __VUE_OPTIONS_API__: false, __VUE_PROD_DEVTOOLS__: false },
  build: {
    outDir: fileURLToPath(new URL("../../dist/widget", import.meta.url)),
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: fileURLToPath(new URL("./frame.html", import.meta.url)) },
  },
});
