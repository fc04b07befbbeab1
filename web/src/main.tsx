import { render } from "preact";

import { App } from "./app";
import { Store } from "./model/store";
import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/list.css";
import "./styles/process.css";

const store = new Store({
  open: (url) => new EventSource(url) as unknown as import("./model/live").Stream,
  setTimeout: (task, milliseconds) => window.setTimeout(task, milliseconds),
  clearTimeout: (timer) => window.clearTimeout(timer),
});

// The moments at which a lost connection is most likely to be back.
window.addEventListener("online", () => store.retryNow());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") store.retryNow();
});

const root = document.getElementById("app");
if (root) render(<App store={store} />, root);
