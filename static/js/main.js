// Loads only the behaviours that the markup of this page names.
const KNOWN = new Set(["autosubmit", "copy", "counter", "draft", "once", "vote"]);

/** Wakes every behaviour inside `root`; call it again for markup that arrived later. */
export function enhance(root = document) {
  for (const element of root.querySelectorAll("[data-behaviour]")) {
    for (const name of element.dataset.behaviour.split(" ")) {
      if (!KNOWN.has(name)) continue;
      import(`./behaviours/${name}.js`).then((module) => module.default(element));
    }
  }
}

enhance();
