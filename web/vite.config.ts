import { defineConfig } from "vitest/config";

// `npm run dev` serves the pages with live reload and passes the rest on to a running `pipescope serve`.
const controller = process.env["PIPESCOPE_URL"] ?? "http://127.0.0.1:52323";

export default defineConfig({
  // Relative addresses: the controller may be mounted below any path.
  base: "./",
  build: {
    target: "es2022",
    // One script, one style sheet: fewer round trips than a split bundle of this size would save.
    cssCodeSplit: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  server: {
    proxy: {
      "/api": controller,
      "/trace": controller,
      "/metrics": controller,
    },
  },
  test: { include: ["test/**/*.test.ts"] },
});
