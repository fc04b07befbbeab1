import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

// `npm run dev` serves the pages with live reload and passes the rest on to a running `pipescope serve`.
const controller = process.env["PIPESCOPE_URL"] ?? "http://127.0.0.1:52323";

export default defineConfig({
  plugins: [compressed()],
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
});

/** Writes FILE.gz beside every file that gets smaller that way, so that nobody compresses while serving. */
function compressed(): Plugin {
  let folder = "";
  return {
    name: "compressed",
    apply: "build",
    configResolved: (config) => {
      folder = join(config.root, config.build.outDir);
    },
    closeBundle: () => {
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        const file = join(folder, name);
        if (!statSync(file).isFile() || name.endsWith(".gz")) continue;
        const bytes = readFileSync(file);
        const small = gzipSync(bytes, { level: 9 });
        if (small.length < bytes.length * 0.9) writeFileSync(`${file}.gz`, small);
      }
    },
  };
}
