// Which view the address asks for. The page may stand behind any path: the base says which.

export type View = { name: "home" } | { name: "watch"; asset: string } | { name: "unknown" };

const root = new URL(".", document.baseURI).pathname;

function read(): View {
  const path = location.pathname.startsWith(root) ? location.pathname.slice(root.length) : "";
  if (path === "" || path === "index.html") return { name: "home" };
  const asset = /^watch\/([^/]+)\/?$/.exec(path)?.[1];
  return asset ? { name: "watch", asset: decodeURIComponent(asset) } : { name: "unknown" };
}

class Route {
  view = $state.raw<View>(read());

  constructor() {
    addEventListener("popstate", () => (this.view = read()));
  }

  go(address: string): void {
    history.pushState(null, "", new URL(address, document.baseURI));
    this.view = read();
    scrollTo(0, 0);
  }

  /** Turns a plain click on a link of the page's own into a change of view. */
  follow = (event: MouseEvent): void => {
    const link = (event.target as Element).closest("a");
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.target || !("view" in link.dataset)) return;
    event.preventDefault();
    this.go(link.href);
  };
}

export const route = new Route();
