import { svelte } from "@sveltejs/vite-plugin-svelte";
import { loadEnv, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Shaka's style sheet names a font on a foreign host; the page fetches nothing from elsewhere. */
function withoutForeignFonts(): Plugin {
  return {
    name: "without-foreign-fonts",
    enforce: "pre",
    transform(code, id) {
      if (!id.includes("shaka-player/dist/controls")) return null;
      return { code: code.replace(/@font-face\{[^}]*\}/g, ""), map: null };
    },
  };
}

/** In development, does what the portal does: a page one folder down gets its base one folder up. */
function baseOfWatchPages(): Plugin {
  return {
    name: "base-of-watch-pages",
    apply: "serve",
    transformIndexHtml: (html, context) =>
      context.originalUrl?.startsWith("/watch/") ? html.replace('<base href="./"', '<base href="../"') : html,
  };
}

export default defineConfig(({ mode }) => ({
  // Relative addresses: the portal may stand behind any path.
  base: "./",
  plugins: [withoutForeignFonts(), baseOfWatchPages(), svelte()],
  build: {
    target: "es2022",
    // Only Shaka Player is larger than the default limit, and it is loaded on the watch page alone.
    chunkSizeWarningLimit: 1200,
    assetsInlineLimit: 0,
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/media", "/packaging"].map((path) => [path, loadEnv(mode, ".", "REELDROP_")["REELDROP_URL"] ?? "http://127.0.0.1:8080"]),
    ),
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
}));
