import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { "@console": fileURLToPath(new URL("./apps/console/src", import.meta.url)) } },
  test: {
    environment: "happy-dom",
    include: ["{apps,packages}/*/{src,test}/**/*.test.ts"],
    restoreMocks: true,
  },
});
