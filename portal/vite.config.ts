import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Built into the Python package: the workspace serves it at `/`. Development: `npm run dev` proxies to a running gatelog.
export default defineConfig({
  plugins: [react()],
  base: "./",
  // Microsoft's KQL language service was made for Node and the browser and asks for `global`.
  define: { global: "globalThis" },
  build: { outDir: "../src/gatelog/api/static", emptyOutDir: true, chunkSizeWarningLimit: 6000, sourcemap: false },
  worker: { format: "es" },
  server: {
    proxy: Object.fromEntries(
      ["/v1", "/v2", "/subscriptions", "/portal", "/healthz", "/readyz", "/metrics"].map((path) => [path, "http://127.0.0.1:8081"]),
    ),
  },
});
