/// <reference types="vite/client" />
/// <reference types="svelte" />

declare module "shaka-player/dist/shaka-player.ui-es2021.js" {
  import shaka from "shaka-player/dist/shaka-player.ui-es2021";
  export default shaka;
}
