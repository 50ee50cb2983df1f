import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Lays a compressed twin next to each text of the build, so that the server compresses nothing while an adviser's phone waits. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir = "dist" }) {
      for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
        const file = join(entry.parentPath, entry.name);
        if (/\.(js|css|svg)$/.test(entry.name)) writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
      }
    },
  };
}

/** What the login and the workbench may weigh before anything is seen, in bytes as they travel. */
const FIRST_LOAD = 400 * 1024;
/** Also the other language, which is loaded beside the Chinese one. */
const FIRST_PAGES = ["pages/login/LoginPage.tsx", "pages/overview/OverviewPage.tsx", "src/texts/en.ts"];

/** Weighs everything that the first pages load, tells it, and refuses to build what is too much. */
function weighed(): Plugin {
  return {
    name: "weighed",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const files = new Set<string>();
      const add = (name: string): void => {
        const found = bundle[name];
        if (!found || files.has(name)) return;
        files.add(name);
        if (found.type !== "chunk") return;
        found.imports.forEach(add);
        found.viteMetadata?.importedCss.forEach(add);
      };
      for (const [name, found] of Object.entries(bundle))
        if (found.type === "chunk" && (found.isEntry || FIRST_PAGES.some((page) => found.facadeModuleId?.endsWith(page)))) add(name);
      const weigh = (name: string) => {
        const found = bundle[name];
        return found ? gzipSync(found.type === "chunk" ? found.code : found.source, { level: 9 }).length : 0;
      };
      const total = [...files].reduce((sum, name) => sum + weigh(name), 0);
      const told = `First load of login and workbench: ${(total / 1024).toFixed(1)} of ${FIRST_LOAD / 1024} KB in ${files.size} files`;
      const heaviest = [...files].sort((one, other) => weigh(other) - weigh(one)).slice(0, 8);
      if (total > FIRST_LOAD) this.error(`${told}: too much. ${heaviest.map((name) => `${name} ${(weigh(name) / 1024).toFixed(1)}`).join(", ")}`);
      console.log(told);
    },
  };
}

// The app serves the build under /console/; `npm run dev` talks to a running platform.
export default defineConfig({
  base: "/console/",
  plugins: [react(), weighed(), compressed()],
  build: { target: "es2022", chunkSizeWarningLimit: 700 },
  server: { proxy: { "/api": process.env["MARQUE_URL"] ?? "http://127.0.0.1:8000" } },
});
