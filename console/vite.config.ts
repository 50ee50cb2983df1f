import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The app serves the build under /console/; `npm run dev` talks to a running platform.
export default defineConfig({
  base: "/console/",
  plugins: [react()],
  build: { target: "es2022", chunkSizeWarningLimit: 700 },
  server: { proxy: { "/api": process.env["MARQUE_URL"] ?? "http://127.0.0.1:8000" } },
});
